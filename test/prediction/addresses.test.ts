/** The forms that an address, a path and the bytes of an image may have, and how short messages about them are. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ImageError, ModelError } from '../../lib/errors';
import { readImage } from '../../lib/image/readImage';
import { fetchImage } from '../../lib/prediction/fetchImage';
import { type LocalServer, localServer } from '../helpers/localServer';

const FILE = join(__dirname, '../../data/pictures/truck.png');
const BYTES = readFileSync(FILE);
const BASE64 = BYTES.toString('base64');
const WIDTH = 640;
const PASSWORD = 'aSecret';

let server: LocalServer;
let folder: string;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'addresses-'));
  const login = `Basic ${Buffer.from(`me:${PASSWORD} é`).toString('base64')}`;
  server = await localServer((request, response) => {
    if (request.url === '/hang') return;
    if (request.url === '/private' && request.headers.authorization !== login) response.writeHead(401).end();
    else if (request.url === '/data')
      response.writeHead(302, { location: `data:image/png;base64,${BASE64.slice(0, 9000)}` }).end();
    else if (request.url === '/moved') response.writeHead(302, { location: '/private' }).end();
    else if (request.url?.startsWith('/circle')) response.writeHead(302, { location: request.url }).end();
    else response.end(BYTES);
  });
});
after(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** Each is refused in at most 600 characters, none of them a password. */
async function isRefused(attempt: Promise<unknown>, message: RegExp): Promise<void> {
  await assert.rejects(attempt, (error: Error) => {
    assert.ok(error instanceof ImageError, error.stack);
    assert.ok(error.message.length <= 600, `${error.message.length} characters`);
    assert.match(error.message, message);
    assert.doesNotMatch(error.message, new RegExp(PASSWORD));
    return true;
  });
}

describe('a data: address is a picture', () => {
  const percent = Array.from(BYTES, (byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
  const good: [string, string | URL][] = [
    ['in base64', `data:image/png;base64,${BASE64}`],
    ['without a media type', `data:;base64,${BASE64}`],
    ['with another media type, and parameters', `data:text/html;charset=utf-8;base64,${BASE64}`],
    ['in capitals', `DATA:IMAGE/PNG;BASE64,${BASE64}`],
    ['in lines', `data:image/png;base64,${BASE64.replace(/.{76}/g, '$&\r\n  ')}`],
    ['with spaces around it', ` data:image/png; base64 ,${BASE64}\n`],
    ['in base64 whose signs are percent-encoded', `data:image/png;base64,${encodeURIComponent(BASE64)}`],
    ['in base64 for addresses', `data:image/png;base64,${BYTES.toString('base64url')}`],
    ['percent-encoded', `data:image/png,${percent}`],
    ['with a fragment behind it', `data:image/png;base64,${BASE64}#top`],
    ['as a URL', new URL(`data:image/png;base64,${BASE64}`)],
  ];
  for (const [name, address] of good) {
    test(`a data: address is a picture: ${name}`, async () =>
      assert.equal((await fetchImage(address)).width, WIDTH));
  }

  test('a data: address is a picture: of as many bytes as are allowed, and of no more', async () => {
    const address = `data:;base64,${BASE64.replace(/.{76}/g, '$&\n')}`;
    await fetchImage(address, { maxBytes: BYTES.length });
    await isRefused(fetchImage(address, { maxBytes: BYTES.length - 1 }), /^data:\S{95}\S* has more than/);
    await isRefused(fetchImage(`data:,${percent}`, { maxBytes: BYTES.length - 1 }), / has more than/);
  });

  test('a data: address is a picture: of 53 million characters is refused at once', async () => {
    const address = `data:image/png;base64,${'A'.repeat(53e6)}`;
    await isRefused(fetchImage(address), /has more than the 20 MB/);
  });

  test('a data: address is a picture: unless it is cut off, empty, or something else', async () => {
    await isRefused(fetchImage(`data:image/png;base64,${BASE64.slice(0, 5000)}`), /broken PNG/);
    await isRefused(fetchImage(`data:image/png;base64${BASE64}`), /no comma/);
    await isRefused(fetchImage('data:,'), /is empty/);
    await isRefused(fetchImage('data:,%3Csvg%3E'), /an SVG drawing/);
    await isRefused(fetchImage('data:text/html,<html>'), /an HTML page/);
  });

  test('a data: address is a picture: but not where a server redirects to it', () =>
    isRefused(fetchImage(`${server.origin}/data`), /^data:\S+, to which \S+ redirects, is not fetched/));
});

describe('an address of a server may be', () => {
  const forms: [string, (origin: string) => string | URL][] = [
    ['in capitals', (origin) => `${origin.toUpperCase()}/a.png`],
    ['pasted with a line end', (origin) => `\t${origin}/a.png \n`],
    ['one with spaces and other letters', (origin) => `${origin}/my cat 馬.png`],
    ['a URL', (origin) => new URL(origin)],
    ['one with a user name and password', (origin) => origin.replace('//', `//me:${PASSWORD} é@`)],
    ['very long', (origin) => `${origin}/${'x'.repeat(5000)}`],
  ];
  for (const [name, address] of forms) {
    test(`an address of a server may be: ${name}`, async () =>
      assert.equal((await fetchImage(address(server.origin))).width, WIDTH));
  }

  test('an address of a server may be: one with a password that is asked for, behind a redirect too', async () => {
    const origin = server.origin.replace('//', `//me:${PASSWORD}%20%C3%A9@`);
    await fetchImage(`${origin}/private`);
    await fetchImage(`${origin}/moved`);
  });
});

describe('an address is refused in short, without its password', () => {
  const at = (path: string) => () => `${server.origin}/${path}`;
  const cases: [string, () => unknown, RegExp][] = [
    [
      'with another password',
      () => server.origin.replace('//', `//x:${PASSWORD}@`).concat('/private'),
      /401/,
    ],
    ['with backslashes', () => `${server.origin.replace('//', `\\\\x:${PASSWORD}@`)}/private`, /401/],
    ['without slashes', () => `${server.origin.replace('//', `x:${PASSWORD}@`)}/private`, /401/],
    ['with a slash in the password', () => `http://me:pa/${PASSWORD}@host/x`, /no address on the web/],
    ['with a password and no host', () => `http://me:${PASSWORD}@/`, /no address on the web/],
    ['of another kind with a password', () => `ftp://me:${PASSWORD}@host/x`, /only http and https/],
    ['with a port that is none', () => `http://me:${PASSWORD}@host:99999/`, /no address on the web/],
    ['without its beginning', () => '//host/x.jpg', /Give it whole/],
    ['of a page of the browser', () => 'blob:http://example.com/1', /blob:\S+ is not fetched/],
    ['of a file', () => pathToFileURL(FILE), /a file is for predictFile/],
    ['a path', () => '/home/me/cat.jpg', /a file is for predictFile/],
    ['a path of Windows', () => 'C:\\images\\cat.jpg', /a file is for predictFile/],
    ['of three slashes', () => 'http:///nohost.invalid', /can't be resolved/],
    ['of a host in other letters', () => 'http://bücher.invalid/', /bücher\.invalid\/ can't be fetched/],
    ['of a host that is too long', () => `http://${'a'.repeat(5000)}/`, /can't be fetched/],
    ['of a long circle', at(`circle${'x'.repeat(5000)}`), /in a circle/],
    ['empty', () => '', /no address/],
    ['undefined', () => undefined, /not undefined/],
    ['a list', () => [server.origin], /not an Array/],
  ];
  for (const [name, address, message] of cases) {
    test(`an address is refused in short, without its password: ${name}`, () =>
      isRefused(fetchImage(address() as string), message));
  }
});

describe('a signal ends a transfer with its reason', () => {
  test('a signal ends a transfer with its reason: before it begins, of a data: address too', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    for (const address of [server.origin, `data:;base64,${BASE64}`]) {
      await assert.rejects(fetchImage(address, { signal }), /^Error: enough$/);
    }
  });

  test('a signal ends a transfer with its reason: while it is waited for', async () => {
    const controller = new AbortController();
    const image = fetchImage(`${server.origin}/hang`, { signal: controller.signal });
    setImmediate(() => controller.abort(new Error('enough')));
    await assert.rejects(image, /^Error: enough$/);
  });
});

describe('an image is read', () => {
  const within = Buffer.concat([Buffer.alloc(7), BYTES]);
  const shared = new SharedArrayBuffer(BYTES.length);
  new Uint8Array(shared).set(BYTES);
  const sources: [string, Parameters<typeof readImage>[0]][] = [
    ['from a URL of a file', pathToFileURL(FILE)],
    ['from the address of a file', pathToFileURL(FILE).href],
    ['from a part of a buffer', within.subarray(7)],
    ['from an ArrayBuffer', new Uint8Array(BYTES).buffer],
    ['from a SharedArrayBuffer', shared],
    ['from a view of a SharedArrayBuffer', new Uint8Array(shared)],
    ['from a Uint8ClampedArray', new Uint8ClampedArray(BYTES)],
    ['from a DataView', new DataView(within.buffer, within.byteOffset + 7, BYTES.length)],
  ];
  for (const [name, source] of sources) {
    test(`an image is read: ${name}`, async () => assert.equal((await readImage(source)).width, WIDTH));
  }

  test('an image is read: from bytes that are changed meanwhile', async () => {
    const bytes = new Uint8Array(BYTES);
    const image = readImage(bytes);
    bytes.fill(0);
    assert.deepEqual((await image).data, (await readImage(FILE)).data);
  });

  const refused: [string, unknown, RegExp][] = [
    ['an empty path', '', /path is empty/],
    ['a path with NUL', '/tmp/a\0b.png', /'\/tmp\/a\\x00b\.png' has a NUL/],
    ['the home folder of a shell', '~/cat.jpg', /'~'/],
    ['a data: address', `data:image/png;base64,${BASE64}`, /Use predictUrl/],
    ['a short data: address', 'data:,a', /Use predictUrl/],
    ['an address of the web', `https://me:${PASSWORD}@example.com/a.png`, /Use predictUrl/],
    ['a URL of the web', new URL(`https://me:${PASSWORD}@example.com/a.png`), /no file/],
    ['a file of another machine', 'file://host/a.png', /no file on this machine/],
    ['a long name', `/tmp/${'y'.repeat(4000)}`, /^\/tmp\/y+…y+ can't be a path/],
    ['a path of many folders with spaces', '/a b'.repeat(1000), /^\/a b.*….*b does not exist/],
    ['a path with control characters', '/tmp/\x1b[31m\n.png', /^\/tmp\/\\x1b\[31m\\x0a\.png does not exist/],
    ['null', null, /not null/],
    ['a number', 3, /not a number/],
    ['a promise', Promise.resolve(FILE), /not a Promise/],
    ['an empty ArrayBuffer', new ArrayBuffer(0), /is empty/],
  ];
  for (const [name, source, message] of refused) {
    test(`an image is read: but not from ${name}`, () => isRefused(readImage(source as string), message));
  }

  test('an image is read: and a broken file of a long name is called by its beginning and end', async () => {
    const path = join(folder, `${'n'.repeat(200)}.png`);
    writeFileSync(path, BYTES.subarray(0, 5000));
    await isRefused(readImage(path), /^\S{40,60}…n+\.png is a broken PNG image/);
  });
});

test('no error has more than 600 characters, whatever it is told of', () => {
  const long = [
    `/${'a'.repeat(4000)}`,
    'a b '.repeat(2000),
    '💥'.repeat(3000),
    `http://u:${PASSWORD}@h/${'/'.repeat(9000)}`,
  ];
  for (const text of long) {
    const error = new ModelError(`Before ${text} and behind.`, `Use ${text}.`);
    assert.ok(error.message.length <= 600);
    assert.match(error.message, /^Before .*behind\.\nUse .*\.$/s);
    assert.doesNotMatch(error.message, /\p{Surrogate}/u, 'a character was cut into halves');
    assert.doesNotMatch(error.stack!, new RegExp(PASSWORD));
  }
});
