/** Servers that are asked for an image. */
import { ImageError } from '../../../lib/errors';
import type { FetchOptions } from '../../../lib/prediction/fetchImage';
import { predictUrl } from '../../../lib/prediction/predictUrl';
import { body } from '../answers';
import { type Case, type Refusal, refused } from '../judge';
import { network, TRUCK } from '../network';
import { type Answer, httpSite, type Site, type Talk, tcpSite } from '../servers';

export const bad = (message: RegExp): Refusal => refused(ImageError, message);

/** The answer that is right. */
export const truck: Answer = body(TRUCK, { 'content-type': 'image/png' });

/** An answer that says how its content is packed. */
export const encoded = (content: Uint8Array, encoding: string): Answer =>
  body(content, { 'content-encoding': encoding });

/** The first line of an answer. */
export const OK = 'HTTP/1.1 200 OK\r\n';

/** A case of a server: it is asked for `/`, or for another path. */
export function at(
  name: string,
  start: () => Promise<Site>,
  expect: Case['expect'],
  options: FetchOptions & { path?: string } = {},
): Case {
  const { path = '/', ...patience } = options;
  return {
    name,
    expect,
    async prepare() {
      const [net, { origin, end }] = await Promise.all([network(), start()]);
      return { read: () => predictUrl(net, origin + path, patience), end };
    },
  };
}

/** A server of HTTP with one answer. */
export const web = (name: string, answer: Answer, expect: Case['expect'], options?: FetchOptions): Case =>
  at(name, () => httpSite({ '/': answer }), expect, options);

/** A server of HTTP with several. */
export const site = (
  name: string,
  answers: Record<string, Answer>,
  expect: Case['expect'],
  options?: FetchOptions,
): Case => at(name, () => httpSite(answers), expect, options);

/** A server with a mind of its own. */
export const tcp = (name: string, talk: Talk, expect: Case['expect'], options?: FetchOptions): Case =>
  at(name, () => tcpSite(talk), expect, options);
