/**
 * An image from an address on the web. The other side may answer anything, slowly, without end, or not at all.
 */
import { unescape as decodePercent } from 'node:querystring';
import type { Response } from 'node-fetch';
import { checkForm, type Form, isUrl, kindOf, SIGNAL_FORM } from '../checks';
import { fetchFromWeb, ProxyError } from '../data/download/proxy';
import { ConfigError, ImageError, quotable } from '../errors';
import { decodeImage } from '../image/decodeImage';
import type { Image } from '../image/image';
import { megabytes } from '../image/limits';
import { decodeDataAddress, isDataAddress } from './dataAddress';

/** How much patience `fetchImage` has, and how to end it. */
export interface FetchOptions {
  /** Milliseconds for all of it, redirects included. Default 15,000. */
  timeout?: number;
  /** Milliseconds of silence, before the answer or within it. Default 5,000. */
  stallTimeout?: number;
  /** The most bytes of an image, counted as they arrive and are unpacked. Default 20 million. */
  maxBytes?: number;
  /** Ends the transfer; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
}

const MAX_REDIRECTS = 5;
/** The most milliseconds that Node's timers know, 24 days; beyond, they run out at once. */
const LONGEST_TIMER = 2 ** 31 - 1;
const REDIRECTS = [301, 302, 303, 307, 308];
const HEADERS = {
  Accept: 'image/*',
  // Nothing more is asked of this host, so no connection has to be kept.
  Connection: 'close',
  // Some servers, Wikimedia's among them, turn away who doesn't say what they are.
  'User-Agent': 'resnet-notebooks (node-fetch)',
};

/** What can be said of the errors that Node reports by a code. */
const PROBLEMS: readonly [RegExp, string, string][] = [
  [
    /^(ENOTFOUND|EAI_AGAIN|EAI_FAIL)$/,
    "its host's name can't be resolved",
    'Check the address and the network.',
  ],
  [/^ECONNREFUSED$/, 'its host refuses the connection', 'Check the address and its port.'],
  [
    /^(EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)$/,
    "its host can't be reached",
    'Check the address and the network.',
  ],
  [/^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE)$/, 'the connection broke off', 'Try again.'],
  [
    /CERT|TLS|SSL|EPROTO|UNABLE_TO_VERIFY/,
    'no secure connection can be made',
    'Check the address: its certificate is not one to trust, or it does not speak https.',
  ],
];

function networkError(url: string, cause: unknown): ImageError {
  if (cause instanceof ProxyError) {
    return new ImageError(`${url} can't be fetched: ${cause.message}.`, cause.fix, { cause });
  }
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const known = PROBLEMS.find(([pattern]) => pattern.test(code));
  const [, what, fix] = known ?? [null, message.replace(/\.$/, ''), 'Check the address and the network.'];
  return new ImageError(`${url} can't be fetched: ${what}.`, fix, { cause });
}

/** Two clocks that abort a transfer: one for all of it, one that starts again with every sign of life. */
class Patience {
  /** What the clock that ran out has to say. */
  reason: ImageError | undefined;
  private readonly controller = new AbortController();
  private readonly give = () => this.controller.abort();
  private readonly whole: NodeJS.Timeout;
  private silence: NodeJS.Timeout | undefined;

  constructor(
    private readonly url: string,
    timeout: number,
    private readonly stallTimeout: number,
    private readonly asked?: AbortSignal,
  ) {
    asked?.addEventListener('abort', this.give);
    this.whole = this.clock(timeout, `is not there after ${timeout / 1000} s`);
    this.signOfLife();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  signOfLife(): void {
    clearTimeout(this.silence);
    this.silence = this.clock(this.stallTimeout, `sent nothing for ${this.stallTimeout / 1000} s`);
  }

  /** Stops the clocks, and the transfer if it still goes on. */
  end(): void {
    clearTimeout(this.whole);
    clearTimeout(this.silence);
    this.asked?.removeEventListener('abort', this.give);
    this.controller.abort();
  }

  private clock(milliseconds: number, what: string): NodeJS.Timeout {
    return setTimeout(
      () => {
        this.reason = new ImageError(
          `${this.url} ${what}.`,
          'Try again, or allow more with the options timeout and stallTimeout (in milliseconds).',
        );
        this.controller.abort();
      },
      Math.min(milliseconds, LONGEST_TIMER),
    );
  }
}

/** An address as messages call it: short, and without a user name and password however they are written. */
function nameOf(address: string): string {
  if (isDataAddress(address) || !URL.canParse(address)) return quotable(address);
  const url = new URL(address);
  if (url.username === '' && url.password === '') return quotable(address);
  url.username = '';
  url.password = '';
  return quotable(url);
}

/** The address to ask, after it was found to be one of the web: a redirect may lead to `file:` and elsewhere. */
function webAddress(address: string, base?: URL): URL {
  let url: URL;
  try {
    url = new URL(address, base);
  } catch (cause) {
    const fix = 'Give it whole, as in https://example.com/cat.jpg; a file is for predictFile.';
    // Where a password ends can't be told in an address that isn't one.
    const name = quotable(address.slice(address.lastIndexOf('@') + 1));
    throw new ImageError(`'${name}' is no address on the web.`, fix, { cause });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const how = base === undefined ? '' : `, to which ${quotable(base)} redirects,`;
    throw new ImageError(
      `${quotable(url)}${how} is not fetched: only http and https are.`,
      'Give an address that begins with https://; a file is for predictFile.',
    );
  }
  url.hash = '';
  return url;
}

/** Asks one address. Its user name and password go where HTTP has them: node-fetch refuses them in an address. */
function ask(url: URL, signal: AbortSignal): Promise<Response> {
  const asked = new URL(url);
  asked.username = '';
  asked.password = '';
  const login = Buffer.from(`${decodePercent(url.username)}:${decodePercent(url.password)}`);
  const headers: Record<string, string> = { ...HEADERS };
  if (asked.href !== url.href) headers.Authorization = `Basic ${login.toString('base64')}`;
  return fetchFromWeb(asked.href, { redirect: 'manual', signal, headers });
}

/** The answer at the end of the redirects. */
async function follow(start: string, name: string, patience: Patience): Promise<Response> {
  const trail = [webAddress(start)];
  for (;;) {
    const url = trail[trail.length - 1];
    const response = await ask(url, patience.signal);
    patience.signOfLife();
    const location = response.headers.get('location');
    if (!REDIRECTS.includes(response.status) || location === null) return response;
    const next = webAddress(location, url);
    const seen = trail.findIndex(({ href }) => href === next.href);
    if (seen >= 0) {
      const circle = [...trail.slice(seen), next].map(quotable).join(' → ');
      throw new ImageError(`${name} redirects in a circle: ${circle}.`, 'Use another address.');
    }
    if (trail.length > MAX_REDIRECTS) {
      throw new ImageError(
        `${name} redirects more than ${MAX_REDIRECTS} times.`,
        'Use the address at the end.',
      );
    }
    trail.push(next);
  }
}

async function download(
  url: string,
  name: string,
  patience: Patience,
  maxBytes: number,
): Promise<Uint8Array> {
  const response = await follow(url, name, patience);
  if (!response.ok) {
    throw new ImageError(
      `${name} can't be fetched: the server answered ${response.status} ${response.statusText}`.trimEnd() +
        '.',
      'Check the address in a browser.',
    );
  }
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    patience.signOfLife();
    length += chunk.length;
    if (length > maxBytes) {
      throw new ImageError(
        `${name} has more than the ${megabytes(maxBytes)} that are fetched.`,
        'Use a smaller image, or allow more with the option maxBytes.',
      );
    }
    chunks.push(chunk as Uint8Array);
  }
  return Buffer.concat(chunks, length);
}

/**
 * Fetches an image. The environment's HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY are respected.
 *
 * @param url its address: http or https, and so is every address it redirects to, five at most; or a `data:` address, which has the
 *   image in it.
 * @throws ImageError when the address is wrong, the host or the proxy can't be reached, the server answers with an error, too slowly or
 *   too much, or what comes is no image, as `readImage`. ConfigError when an option isn't above 0. The signal's reason once it is
 *   aborted.
 */
export async function fetchImage(url: string | URL, options: FetchOptions = {}): Promise<Image> {
  const form: Form = { 'signal?': SIGNAL_FORM };
  const {
    signal,
    timeout = 15_000,
    stallTimeout = 5_000,
    maxBytes = 20e6,
  } = checkForm('options', options, form, 'Give for example { timeout: 15000 }.');
  for (const [name, value] of Object.entries({ timeout, stallTimeout, maxBytes })) {
    if (!(value > 0)) throw new ConfigError(`The option ${name} is ${value}.`, 'It has to be above 0.');
  }
  signal?.throwIfAborted();
  if (typeof url !== 'string' && !isUrl(url)) {
    throw new ImageError(`An address is a text or a URL, not ${kindOf(url)}.`, 'Give https://….');
  }
  const address = String(url).trim();
  const name = nameOf(address);
  if (isDataAddress(address)) return decodeImage(decodeDataAddress(address, name, maxBytes), name);
  const patience = new Patience(name, timeout, stallTimeout, signal);
  let bytes: Uint8Array;
  try {
    bytes = await download(address, name, patience, maxBytes);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof ImageError) throw cause;
    // A proxy that gives no answer is named, not the address that was asked through it.
    throw (cause instanceof ProxyError ? undefined : patience.reason) ?? networkError(name, cause);
  } finally {
    patience.end();
  }
  return decodeImage(bytes, name);
}
