/** Servers that answer with something else than an image, or break the rules. */
import { gzipSync } from 'node:zlib';
import { body, breakOff, hangUp, raw, status } from '../answers';
import type { Case } from '../judge';
import { TRUCK } from '../network';
import { httpSite } from '../servers';
import { at, bad, encoded, OK, tcp, web } from './asked';

export const WRONG: readonly Case[] = [
  at('404', () => httpSite({}), bad(/can't be fetched: the server answered 404 Not Found\./)),
  web('500', status(500), bad(/500 Internal Server Error/)),
  web('418', status(418, "I'm a Teapot"), bad(/418 I'm a Teapot/)),
  web('304 that nobody asked for', (response) => response.writeHead(304).end(), bad(/304 Not Modified/)),
  web(
    'a page',
    body('<!doctype html><html>', { 'content-type': 'image/jpeg' }),
    bad(/an HTML page.*copy the address/s),
  ),
  web('nothing', body(''), bad(/is empty/)),
  web('no content', (response) => response.writeHead(204).end(), bad(/is empty/)),
  web('a part', (response) => response.writeHead(206).end(TRUCK.subarray(0, 50_000)), bad(/broken PNG/)),
  web('another packing than it says', encoded(TRUCK, 'gzip'), bad(/can't be fetched/)),
  web(
    'a packing that is cut off',
    encoded(gzipSync(TRUCK).subarray(0, 50_000), 'gzip'),
    bad(/broken PNG|fetched/),
  ),
  web('packed twice', encoded(gzipSync(gzipSync(TRUCK)), 'gzip'), bad(/gzip-compressed/)),
  web('a packing of no known name', encoded(gzipSync(TRUCK), 'zip'), bad(/gzip-compressed/)),
  tcp('a connection that breaks off at once', hangUp, bad(/connection broke off/)),
  web('a connection that breaks off later', breakOff(TRUCK), bad(/connection broke off/)),
  tcp(
    'a content length that is too small',
    raw(`${OK}Content-Length: 10\r\n\r\n`, TRUCK),
    bad(/is empty|broken PNG|broke off/),
  ),
  tcp(
    'a content length that is too large',
    raw(`${OK}Content-Length: 999999\r\n\r\n`, TRUCK),
    bad(/broke off/),
  ),
  tcp('a content length below 0', raw(`${OK}Content-Length: -1\r\n\r\n`, TRUCK), bad(/can't be fetched/)),
  tcp(
    'two content lengths',
    raw(`${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`, TRUCK),
    bad(/fetched/),
  ),
  tcp(
    'a chunk of no length',
    raw(`${OK}Transfer-Encoding: chunked\r\n\r\nzz\r\n`, TRUCK),
    bad(/can't be fetched/),
  ),
  tcp(
    'a chunk that is cut off',
    raw(`${OK}Transfer-Encoding: chunked\r\n\r\nfffff\r\n`, TRUCK),
    bad(/broke off/),
  ),
  tcp('an image without a word of HTTP', raw(TRUCK), bad(/can't be fetched/)),
  tcp('another protocol', raw('220 mail.example.com ESMTP\r\n'), bad(/can't be fetched/)),
];
