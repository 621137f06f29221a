/** Servers of HTTPS that no secure connection comes about with. */
import { hangUp, raw, silence } from '../answers';
import type { Case } from '../judge';
import { httpsSite, tcpSite } from '../servers';
import { at, bad, OK, truck } from './asked';

export const INSECURE: readonly Case[] = [
  at(
    'a certificate that nobody vouches for',
    () => httpsSite({ '/': truck }, true),
    bad(/no secure connection/),
  ),
  at('no certificate', () => httpsSite({ '/': truck }, false), bad(/no secure connection/)),
  at('a server that speaks http', () => tcpSite(raw(OK, '\r\n'), 'https'), bad(/no secure connection/)),
  at('a server that hangs up', () => tcpSite(hangUp, 'https'), bad(/broke off/)),
  at('a server that says nothing', () => tcpSite(silence, 'https'), bad(/nothing for 0\.2 s/), {
    stallTimeout: 200,
  }),
].map((input) => ({ ...input, name: `https: ${input.name}` }));
