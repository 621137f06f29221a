/**
 * Pictures from the web, against a server on this machine that answers well, badly, slowly and without end.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ConfigError, ImageError } from '../lib/errors';
import { type FetchOptions, fetchPicture } from '../lib/prediction/fetchPicture';
import { readPicture } from '../lib/prediction/readPicture';

const CAT = readFileSync(join(__dirname, '../data/pictures/cat.png'));

type Answer = (response: ServerResponse, request: IncomingMessage) => void;

function redirect(location: string, status = 302): Answer {
  return (response) => response.writeHead(status, { location }).end('moved');
}

const ANSWERS: Record<string, Answer> = {
  '/cat.png': (response) => response.setHeader('content-type', 'image/png').end(CAT),
  '/untyped': (response) => response.setHeader('content-type', 'text/html').end(CAT),
  '/gzip': (response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(CAT)),
  '/bomb': (response) => response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(5e6))),
  '/broken-gzip': (response) => response.setHeader('content-encoding', 'gzip').end('not gzip'),
  '/agent': (response, request) =>
    request.headers['user-agent']?.includes('resnet') ? response.end(CAT) : response.writeHead(403).end(),
  '/error': (response) => response.writeHead(500).end('<html>sorry</html>'),
  '/teapot': (response) => response.writeHead(418, "I'm a Teapot").end(),
  '/page.jpg': (response) => response.setHeader('content-type', 'image/jpeg').end('<!doctype html><html>'),
  '/empty': (response) => response.end(),
  '/no-content': (response) => response.writeHead(204).end(),
  '/endless': (response) => {
    const more = () => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536)));
      response.once('drain', more);
    };
    more();
  },
  '/drip': (response) => {
    response.write('\x89PNG');
    const timer = setInterval(() => response.write('.'), 30);
    response.once('close', () => clearInterval(timer));
  },
  '/stall': (response) => response.write(CAT.subarray(0, 1000)),
  '/silent': () => {},
  '/too-little': (response) => {
    response.setHeader('content-length', CAT.length);
    response.write(CAT.subarray(0, 5000), () => response.destroy());
  },
  '/reset': (_, request) => request.socket.destroy(),
  '/lies': (response, request) => {
    request.socket.end(`HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n${CAT.toString('latin1')}`, 'latin1');
    response.destroy();
  },
  '/r1': redirect('/r2', 301),
  '/r2': redirect('r3', 303),
  '/r3': redirect('/r4', 307),
  '/r4': redirect('/cat.png#fragment', 308),
  '/circle': redirect('/circle2'),
  '/circle2': redirect('/circle3'),
  '/circle3': redirect('/circle2'),
  '/to-file': redirect('file:///etc/passwd'),
  '/to-nowhere': redirect('http://[broken'),
  '/no-location': (response) => response.writeHead(302).end(),
};

const server = createServer((request, response) => {
  const path = request.url!;
  const deep = /^\/deep(\d+)$/.exec(path);
  if (deep) redirect(`/deep${Number(deep[1]) + 1}`)(response, request);
  else if (ANSWERS[path]) ANSWERS[path](response, request);
  else response.writeHead(404, 'Not Found').end('<html>nothing here</html>');
});
const sockets = new Set<Socket>();
server.on('connection', (socket) => {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
});
let origin: string;
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => new Promise((resolve) => server.close(resolve)));

/** Fetching this fails, soon, with a message that says what was wrong and what to do, and leaves no connection open. */
async function rejects(path: string, message: RegExp, options?: FetchOptions, within = 1500): Promise<void> {
  const start = performance.now();
  await assert.rejects(fetchPicture(URL.canParse(path) ? path : origin + path, options), (error: Error) => {
    assert.ok(error instanceof ImageError, `${error}`);
    assert.match(error.message, message);
    assert.ok(error.fix.length > 0);
    return true;
  });
  assert.ok(performance.now() - start < within, 'it took too long');
  await closed();
}

async function closed(): Promise<void> {
  for (let wait = 0; sockets.size > 0 && wait < 100; wait++)
    await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(sockets.size, 0, 'a connection is still open');
}

describe('what can be fetched', () => {
  for (const path of ['/cat.png', '/untyped', '/gzip', '/agent', '/r1']) {
    test(path, async () => {
      assert.deepEqual(await fetchPicture(origin + path), await readPicture(CAT));
      await closed();
    });
  }
});

describe('errors of the server', () => {
  test('404', () => rejects('/nothing', /\/nothing can't be fetched: the server answered 404 Not Found\./));
  test('500', () => rejects('/error', /500 Internal Server Error/));
  test('418', () => rejects('/teapot', /418 I'm a Teapot/));
  test('a page', () => rejects('/page.jpg', /an HTML page.*copy the address of the picture/s));
  test('nothing', () => rejects('/empty', /is empty/));
  test('no content', () => rejects('/no-content', /is empty/));
  test('broken compression', () => rejects('/broken-gzip', /can't be fetched/));
  test('a connection that breaks off at once', () => rejects('/reset', /connection broke off/));
  test('a connection that breaks off later', () => rejects('/too-little', /connection broke off/));
  test('a content length that is too small', () => rejects('/lies', /is empty|broke off|broken PNG/));
});

describe('limits', () => {
  test('without end', () => rejects('/endless', /more than the 20 MB/));
  test('small when packed', () => rejects('/bomb', /more than the 1 MB/, { maxBytes: 1e6 }));
  test('slow', () => rejects('/drip', /is not there after 0\.3 s/, { timeout: 300 }, 800));
  test('stalled', () => rejects('/stall', /sent nothing for 0\.2 s/, { stallTimeout: 200 }, 700));
  test('silent', () => rejects('/silent', /sent nothing for 0\.2 s/, { stallTimeout: 200 }, 700));
  for (const option of ['timeout', 'stallTimeout', 'maxBytes']) {
    test(`${option} of 0 or NaN`, async () => {
      await assert.rejects(fetchPicture(`${origin}/cat.png`, { [option]: 0 }), ConfigError);
      await assert.rejects(fetchPicture(`${origin}/cat.png`, { [option]: NaN }), ConfigError);
    });
  }
});

describe('redirects', () => {
  test('in a circle, which is named', () =>
    rejects('/circle', /in a circle: \S+\/circle2 → \S+\/circle3 → \S+\/circle2\./));
  test('without end', () => rejects('/deep1', /more than 5 times/));
  test('to a file', () =>
    rejects('/to-file', /file:\/\/\/etc\/passwd, to which \S+\/to-file redirects, is not fetched/));
  test('to no address', () => rejects('/to-nowhere', /no address/));
  test('to nowhere', () => rejects('/no-location', /302 Found/));
});

describe('addresses', () => {
  test('ftp', () => rejects('ftp://127.0.0.1/cat.jpg', /only http and https/));
  test('file', () => rejects('file:///etc/passwd', /only http and https/));
  test('data', () => rejects('data:image/png;base64,AAAA', /only http and https/));
  test('a path', async () => {
    await assert.rejects(
      fetchPicture('pictures/cat.jpg'),
      /ImageError: 'pictures\/cat\.jpg' is no address.*predictFile/s,
    );
  });
  test('a host that is not there', () =>
    rejects('http://nothing.invalid/cat.jpg', /name can't be resolved/, {}, 5000));
  test('a port where nobody listens', () => rejects('http://127.0.0.1:1/cat.jpg', /refuses the connection/));
  test('https of a server that speaks http', () =>
    rejects(origin.replace('http', 'https'), /no secure connection/));
});
