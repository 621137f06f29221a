/** Servers that send more than there is memory or time for. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { again, drip, endless, silence, stall } from '../answers';
import type { Case } from '../judge';
import { TRUCK } from '../network';
import { bad, encoded, OK, tcp, truck, web } from './asked';

const zeros = Buffer.alloc(30e6);

export const TOO_MUCH: readonly Case[] = [
  web('without end', endless, bad(/more than the 20 MB/)),
  web(
    'without end behind an error',
    (response, request) => endless(response.writeHead(500), request),
    bad(/500/),
  ),
  web('a gzip bomb', encoded(gzipSync(zeros), 'gzip'), bad(/more than the 20 MB/)),
  web('a deflate bomb', encoded(deflateSync(zeros), 'deflate'), bad(/more than the 20 MB/)),
  web('a brotli bomb', encoded(brotliCompressSync(zeros), 'br'), bad(/more than the 20 MB/)),
  web('more than is allowed', truck, bad(/more than the 1,000 bytes/), { maxBytes: 1000 }),
  web('slow', drip, bad(/is not there after 0\.3 s/), { timeout: 300 }),
  web('stalled', stall(TRUCK), bad(/sent nothing for 0\.2 s/), { stallTimeout: 200 }),
  tcp('silent', silence, bad(/sent nothing for 0\.2 s/), { stallTimeout: 200 }),
  tcp('slow in its headers', again(`${OK}X-Slow: `, 'x', 20), bad(/after 0\.3 s/), { timeout: 300 }),
  tcp('headers without end', again(OK, `X-More: ${'x'.repeat(5000)}\r\n`, 1), bad(/can't be fetched/)),
  tcp('always about to go on', again('', 'HTTP/1.1 100 Continue\r\n\r\n', 20), bad(/after 0\.3 s/), {
    timeout: 300,
  }),
];
