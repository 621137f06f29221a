/** Addresses of pictures: servers that answer well, badly, slowly and without end, and addresses that are none. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { ConfigError, ImageError } from '../../lib/errors';
import type { FetchOptions } from '../../lib/prediction/fetchPicture';
import { predictUrl } from '../../lib/prediction/predictUrl';
import {
  again,
  body,
  breakOff,
  drip,
  endless,
  endlessRedirect,
  hangUp,
  raw,
  redirect,
  silence,
  stall,
  status,
} from './answers';
import { type Case, refused } from './judge';
import { isTruck, network, TRUCK } from './network';
import { type Answer, httpSite, httpsSite, type Site, type Talk, tcpSite } from './servers';

const bad = (message: RegExp) => refused(ImageError, message);
const truck = body(TRUCK, { 'content-type': 'image/png' });
const zeros = Buffer.alloc(30e6);
const encoded = (content: Uint8Array, encoding: string) => body(content, { 'content-encoding': encoding });
const OK = 'HTTP/1.1 200 OK\r\n';

/** A case of a server: it is asked for `/`, or for another path. */
function at(
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
const web = (name: string, answer: Answer, expect: Case['expect'], options?: FetchOptions) =>
  at(name, () => httpSite({ '/': answer }), expect, options);

/** A server of HTTP with several. */
const site = (
  name: string,
  answers: Record<string, Answer>,
  expect: Case['expect'],
  options?: FetchOptions,
) => at(name, () => httpSite(answers), expect, options);

/** A server with a mind of its own. */
const tcp = (name: string, talk: Talk, expect: Case['expect'], options?: FetchOptions) =>
  at(name, () => tcpSite(talk), expect, options);

/** An address that no server of the test's is at. */
function address(name: string, url: string, message: RegExp): Case {
  return {
    name,
    expect: bad(message),
    async prepare() {
      const net = await network();
      return { read: () => predictUrl(net, url) };
    },
  };
}

const GOOD: Case[] = [
  web('a picture', truck, isTruck),
  web('a picture that is called a page', body(TRUCK, { 'content-type': 'text/html' }), isTruck),
  web('a picture, gzip', encoded(gzipSync(TRUCK), 'gzip'), isTruck),
  web('a picture, deflate', encoded(deflateSync(TRUCK), 'deflate'), isTruck),
  web('a picture, brotli', encoded(brotliCompressSync(TRUCK.subarray()), 'br'), isTruck),
  web(
    'a picture for those who say who they are',
    (response, request) =>
      request.headers['user-agent']?.includes('resnet') ? response.end(TRUCK) : response.writeHead(403).end(),
    isTruck,
  ),
  web('with all the time in the world', truck, isTruck, { timeout: Infinity, stallTimeout: Infinity }),
  at('at an address of IPv6', () => httpSite({ '/': truck }, '::1'), isTruck),
  at('at a path in other letters', () => httpSite({ '/лошадь 馬.png': truck }), isTruck, {
    path: '/лошадь 馬.png',
  }),
  site(
    'behind four redirects',
    {
      '/': redirect('/r2', 301),
      '/r2': redirect('r3', 303),
      '/r3': redirect('/r4', 307),
      '/r4': redirect('/truck.png#fragment', 308),
      '/truck.png': truck,
    },
    isTruck,
  ),
  site(
    'behind a redirect whose body has no end',
    { '/': endlessRedirect('/truck'), '/truck': truck },
    isTruck,
  ),
];

const WRONG: Case[] = [
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
  tcp('a picture without a word of HTTP', raw(TRUCK), bad(/can't be fetched/)),
  tcp('another protocol', raw('220 mail.example.com ESMTP\r\n'), bad(/can't be fetched/)),
];

const TOO_MUCH: Case[] = [
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

const REDIRECTS: Case[] = [
  site(
    'in a circle, which is named',
    { '/': redirect('/2'), '/2': redirect('/3'), '/3': redirect('/2') },
    bad(/in a circle: \S+\/2 → \S+\/3 → \S+\/2\./),
  ),
  web('to itself', redirect('/'), bad(/in a circle/)),
  web('to itself, with a body without end', endlessRedirect('/'), bad(/in a circle/)),
  web(
    'without end',
    (response, { url }) => response.writeHead(302, { location: `/?${Number(url!.slice(2)) + 1}` }).end(),
    bad(/more than 5 times/),
  ),
  web(
    'to a file',
    redirect('file:///etc/passwd'),
    bad(/file:\/\/\/etc\/passwd, to which \S+ redirects, is not fetched/),
  ),
  web('to data', redirect('data:image/png;base64,AAAA'), bad(/only http and https/)),
  web('to a script', redirect('javascript:alert(1)'), bad(/only http and https/)),
  web('to ftp', redirect('ftp://127.0.0.1/truck.png'), bad(/only http and https/)),
  web('to no address', redirect('http://[broken'), bad(/no address/)),
  web('to nowhere', (response) => response.writeHead(302).end(), bad(/302 Found/)),
  web('to a port where nobody listens', redirect('http://127.0.0.1:1/'), bad(/refuses the connection/)),
].map((input) => ({ ...input, name: `a redirect ${input.name}` }));

const INSECURE: Case[] = [
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

const ADDRESSES: Case[] = [
  address('ftp', 'ftp://127.0.0.1/cat.jpg', /only http and https/),
  address('a file', 'file:///etc/passwd', /only http and https/),
  address('data', 'data:image/png;base64,AAAA', /only http and https/),
  address('a path', 'pictures/cat.jpg', /'pictures\/cat\.jpg' is no address.*predictFile/s),
  address('none', '', /no address/),
  address('no host', 'http://', /no address/),
  address('a port that is none', 'http://127.0.0.1:99999/', /no address/),
  address('an address of IPv6 that is none', 'http://[::g]/', /no address/),
  address('an address of IPv6 where nobody listens', 'http://[::1]:1/', /refuses the connection|reached/),
  address('a name and a password', 'http://name:secret@127.0.0.1:1/', /can't be fetched/),
  address('a host that is not there', 'http://nothing.invalid/cat.jpg', /name can't be resolved/),
  address('a port where nobody listens', 'http://127.0.0.1:1/cat.jpg', /refuses the connection/),
];

const OPTIONS: Case[] = ['timeout', 'stallTimeout', 'maxBytes'].flatMap((option) =>
  [0, NaN].map((value) =>
    web(`${option} ${value}`, truck, refused(ConfigError, new RegExp(`${option} is ${value}`)), {
      [option]: value,
    }),
  ),
);

export const URLS: readonly Case[] = [
  ...GOOD,
  ...WRONG,
  ...TOO_MUCH,
  ...REDIRECTS,
  ...INSECURE,
  ...ADDRESSES,
  ...OPTIONS,
];
