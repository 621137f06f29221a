/** Proxies that the environment names, by the rules of curl: real ones on this machine, and what is said when they fail. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import { fileMatches } from '../../lib/data/download/checksum';
import { DownloadError, download } from '../../lib/data/download/download';
import { ImageError } from '../../lib/errors';
import { fetchImage } from '../../lib/prediction/fetchImage';
import { temporaryFolder } from '../helpers/temporaryFolder';

const PICTURE = readFileSync(join(__dirname, '../../data/pictures/truck.png'));
const PASSWORD = 'aSecret';
const VARIABLES = ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [
  name,
  name.toUpperCase(),
]);

const kept = Object.fromEntries(VARIABLES.map((name) => [name, process.env[name]]));
const sockets = new Set<Socket>();
const servers: Server[] = [];

async function listen(server: Server, host = '127.0.0.1'): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).once('close', () => sockets.delete(socket));
  });
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A proxy: forwards what it is asked for, keeps a list of it, and asks for a password where it has one. */
function proxyServer(asked: string[], login?: string): Server {
  const isWelcome = (header: string | undefined) =>
    login === undefined || header === `Basic ${Buffer.from(login).toString('base64')}`;
  const server = createServer((incoming, response) => {
    asked.push(`GET ${incoming.url}`);
    if (!isWelcome(incoming.headers['proxy-authorization'])) {
      response.writeHead(407).end();
      return;
    }
    // Every name is this machine here.
    const { port, pathname } = new URL(incoming.url!);
    request({ host: '127.0.0.1', port, path: pathname, headers: incoming.headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    }).end();
  });
  server.on('connect', (incoming, socket: Socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    if (!isWelcome(incoming.headers['proxy-authorization'])) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    if (incoming.url!.startsWith('forbidden.')) {
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
      return;
    }
    const tunnel = connect(Number(incoming.url!.split(':').at(-1)), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on('error', () => socket.destroy());
  });
  return server;
}

let asked: string[] = [];
let http: number;
let https: number;
let proxy: number;
let guarded: number;

before(async () => {
  const answer: Parameters<typeof createServer>[1] = (incoming, response) => {
    if (incoming.url === '/moved')
      response.writeHead(302, { location: `https://secure.test:${https}/x` }).end();
    else response.end(PICTURE);
  };
  http = await listen(createServer(answer));
  const tls = (name: string) => readFileSync(join(__dirname, '../fixtures/tls', name));
  https = await listen(createHttpsServer({ key: tls('key.pem'), cert: tls('certificate.pem') }, answer));
  const note = { push: (line: string) => asked.push(line) } as string[];
  proxy = await listen(proxyServer(note));
  guarded = await listen(proxyServer(note, `me:${PASSWORD}`));
  for (const name of VARIABLES) delete process.env[name];
  // The certificate is nobody's: what is tried here is the way to it.
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
});
afterEach(() => {
  asked = [];
  for (const name of VARIABLES) delete process.env[name];
});
after(() => {
  delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  for (const [name, value] of Object.entries(kept)) if (value !== undefined) process.env[name] = value;
  for (const socket of sockets) socket.destroy();
  for (const server of servers) server.close();
});

async function isFetched(address: string): Promise<void> {
  assert.equal((await fetchImage(address)).width, 640);
}

async function isRefused(address: string, message: RegExp, options = {}): Promise<void> {
  await assert.rejects(fetchImage(address, options), (error: Error) => {
    assert.ok(error instanceof ImageError, error.stack);
    assert.match(error.message, message);
    assert.doesNotMatch(error.stack!, new RegExp(PASSWORD));
    return true;
  });
}

describe('an image is fetched through the proxy', () => {
  for (const name of ['http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']) {
    test(`an image is fetched through the proxy: of ${name}, for http`, async () => {
      process.env[name] = `http://127.0.0.1:${proxy}`;
      await isFetched(`http://web.test:${http}/cat.png`);
      assert.deepEqual(asked, [`GET http://web.test:${http}/cat.png`]);
    });
  }
  for (const name of ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY']) {
    test(`an image is fetched through the proxy: of ${name}, for https`, async () => {
      process.env[name] = `http://127.0.0.1:${proxy}`;
      await isFetched(`https://web.test:${https}/cat.png`);
      assert.deepEqual(asked, [`CONNECT web.test:${https}`]);
    });
  }

  test('an image is fetched through the proxy: that is named without http://', async () => {
    process.env.HTTPS_PROXY = `127.0.0.1:${proxy}`;
    await isFetched(`https://web.test:${https}/`);
  });

  test('an image is fetched through the proxy: of localhost too, as with curl', async () => {
    process.env.HTTP_PROXY = `http://127.0.0.1:${proxy}`;
    await isFetched(`http://127.0.0.1:${http}/`);
    assert.equal(asked.length, 1);
  });

  test('an image is fetched through the proxy: with a user name and password', async () => {
    process.env.ALL_PROXY = `http://me:${PASSWORD}@127.0.0.1:${guarded}`;
    await isFetched(`http://web.test:${http}/`);
    await isFetched(`https://web.test:${https}/`);
    assert.equal(asked.length, 2);
  });

  test('an image is fetched through the proxy: of the address that it is redirected to', async () => {
    process.env.HTTP_PROXY = process.env.HTTPS_PROXY = `http://127.0.0.1:${proxy}`;
    await isFetched(`http://web.test:${http}/moved`);
    assert.deepEqual(asked, [`GET http://web.test:${http}/moved`, `CONNECT secure.test:${https}`]);
  });

  test('an image is fetched through the proxy: in lower case before upper case, and of its own kind before that for all', async () => {
    process.env.ALL_PROXY = 'http://127.0.0.1:1';
    process.env.HTTP_PROXY = 'http://127.0.0.1:2';
    process.env.http_proxy = `http://127.0.0.1:${proxy}`;
    await isFetched(`http://web.test:${http}/`);
  });

  test('an image is fetched through the proxy: and not through that for the other kind', async () => {
    process.env.HTTPS_PROXY = 'http://127.0.0.1:1';
    await isFetched(`http://127.0.0.1:${http}/`);
  });

  test('an image is fetched through the proxy: unless the variable is empty', async () => {
    process.env.HTTP_PROXY = ' ';
    await isFetched(`http://127.0.0.1:${http}/`);
    assert.deepEqual(asked, []);
  });
});

describe('NO_PROXY', () => {
  const EXEMPT: [list: string, host: string, isExempt: boolean][] = [
    ['*', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.1', true],
    ['example.com, 127.0.0.1', '127.0.0.1', true],
    ['example.com 127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1:PORT', '127.0.0.1', true],
    ['127.0.0.1:1', '127.0.0.1', false],
    ['127.0.0.0/8', '127.0.0.1', true],
    ['128.0.0.0/8', '127.0.0.1', false],
    ['127.0.0.0/99', '127.0.0.1', false],
    ['0.0.1', '127.0.0.1', false],
    ['localhost', 'localhost', true],
    ['LOCALHOST', 'localhost', true],
    ['localhost', 'a.localhost', true],
    ['.localhost', 'a.localhost', true],
    ['*.localhost', 'a.localhost', true],
    ['.localhost', 'localhost', true],
    ['localhost.', 'localhost', true],
    ['localhost', 'localhost.', true],
    ['localhost', 'mylocalhost', false],
    ['a.localhost', 'localhost', false],
    ['localhost:PORT', 'a.localhost', true],
    ['localhost:1', 'localhost', false],
    ['bücher.localhost', 'www.bücher.localhost', true],
    [', ,', '127.0.0.1', false],
    ['::1', '[::1]', true],
    ['[::1]', '[::1]', true],
    ['[::1]:PORT', '[::1]', true],
    ['[::1]:1', '[::1]', false],
    ['0:0:0:0:0:0:0:1', '[::1]', true],
    ['::/64', '[::1]', true],
    ['fd00::/8', '[::1]', false],
    ['127.0.0.1', '[::1]', false],
  ];
  for (const [list, host, isExempt] of EXEMPT) {
    test(`NO_PROXY: ${list}: ${host} is asked ${isExempt ? 'directly' : 'through the proxy'}`, async () => {
      process.env.http_proxy = `http://127.0.0.1:${proxy}`;
      process.env.NO_PROXY = list.replace('PORT', String(http));
      // Who is asked directly may not be there: its name or address isn't this machine's everywhere.
      await fetchImage(`http://${host}:${http}/`).catch(() => {});
      assert.equal(asked.length, isExempt ? 0 : 1);
    });
  }

  test('NO_PROXY: a port may be the one that an address leaves out', async () => {
    process.env.HTTPS_PROXY = `http://127.0.0.1:${proxy}`;
    process.env.NO_PROXY = 'web.invalid:443,other.invalid:80';
    await isRefused('https://web.invalid/', /host's name can't be resolved/);
    await isRefused('https://other.invalid/', /./);
    assert.deepEqual(asked, ['CONNECT other.invalid:443']);
  });
});

describe('a proxy that fails is named by its variable', () => {
  test('a proxy that fails is named by its variable: that refuses the connection', async () => {
    process.env.HTTP_PROXY = process.env.HTTPS_PROXY = `http://me:${PASSWORD}@127.0.0.1:1`;
    await isRefused('http://web.test/', /proxy 127\.0\.0\.1:1, which .* HTTP_PROXY names, .*ECONNREFUSED/);
    await isRefused('https://web.test/', /HTTPS_PROXY names, can't be reached \(ECONNREFUSED\)/);
  });

  test('a proxy that fails is named by its variable: whose name is unknown', async () => {
    process.env.ALL_PROXY = `me:${PASSWORD}@proxy.invalid:3128`;
    await isRefused('https://web.test/', /proxy\.invalid:3128, which .* ALL_PROXY names, can't be reached/);
  });

  for (const [what, login] of [
    ['no password', ''],
    ['another password', `me:no${PASSWORD}@`],
  ]) {
    test(`a proxy that fails is named by its variable: that gets ${what}`, async () => {
      process.env.HTTP_PROXY = process.env.https_proxy = `http://${login}127.0.0.1:${guarded}`;
      await isRefused(`http://web.test:${http}/`, /wants a user name and password.*HTTP_PROXY/s);
      await isRefused(`https://web.test:${https}/`, /wants a user name and password.*https_proxy/s);
    });
  }

  test('a proxy that fails is named by its variable: that forbids the address', async () => {
    process.env.HTTPS_PROXY = `http://127.0.0.1:${proxy}`;
    await isRefused('https://forbidden.test/', /HTTPS_PROXY names, refuses to connect \(403 Forbidden\)/);
  });

  test('a proxy that fails is named by its variable: that hangs up', async () => {
    const port = await listen(createTcpServer((socket) => socket.once('data', () => socket.destroy())));
    process.env.HTTP_PROXY = process.env.HTTPS_PROXY = `http://127.0.0.1:${port}`;
    await isRefused('http://web.test/', /HTTP_PROXY names, can't be reached/);
    await isRefused('https://web.test/', /HTTPS_PROXY names, can't be reached/);
  });

  test('a proxy that fails is named by its variable: that is silent, and no connection to it is left open', async () => {
    const silent = createTcpServer((socket) => socket.resume());
    const port = await listen(silent);
    process.env.HTTP_PROXY = process.env.HTTPS_PROXY = `http://127.0.0.1:${port}`;
    await isRefused('http://web.test/', /HTTP_PROXY names, .*no answer in time/, { stallTimeout: 100 });
    await isRefused('https://web.test/', /HTTPS_PROXY names, .*no answer in time/, { stallTimeout: 100 });
    silent.close();
    await once(silent, 'close');
  });

  for (const value of [
    'http://',
    `http://me:${PASSWORD}@`,
    `me:${PASSWORD}@host:99999`,
    `http://me:%zz${PASSWORD}@127.0.0.1:1`,
    'a b',
  ]) {
    test(`a proxy that fails is named by its variable: whose address is none: ${value}`, async () => {
      process.env.HTTP_PROXY = value;
      await isRefused('http://web.test/', /HTTP_PROXY isn't the address of a proxy/);
    });
  }

  test('a proxy that fails is named by its variable: that is of another kind', async () => {
    process.env.ALL_PROXY = `socks5://me:${PASSWORD}@127.0.0.1:1080`;
    await isRefused('https://web.test/', /ALL_PROXY is of the kind socks5:\/\/, which isn't supported/);
  });

  test('a proxy that fails is named by its variable: but not where the host behind it fails', async () => {
    process.env.HTTPS_PROXY = `http://127.0.0.1:${proxy}`;
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
    await isRefused(`https://web.test:${https}/`, /no secure connection/);
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  });
});

describe('a download', () => {
  const file = () => ({
    url: `https://data.test:${https}/cifar`,
    size: PICTURE.length,
    checksum: {
      algorithm: 'md5',
      hex: createHash('md5').update(PICTURE).digest('hex'),
    } as const,
  });

  test('a download: goes through the proxy', async () => {
    const path = join(temporaryFolder(), 'file');
    process.env.HTTPS_PROXY = `http://127.0.0.1:${proxy}`;
    await download(file(), path);
    assert.ok(await fileMatches(path, file().checksum));
    assert.deepEqual(asked, [`CONNECT data.test:${https}`]);
  });

  test('a download: says which proxy fails', async () => {
    process.env.HTTPS_PROXY = `http://me:${PASSWORD}@127.0.0.1:1`;
    await assert.rejects(download(file(), join(temporaryFolder(), 'file')), (error: Error) => {
      assert.ok(error instanceof DownloadError && error.fault === 'network');
      assert.match(error.message, /HTTPS_PROXY names, can't be reached/);
      assert.doesNotMatch(error.message, new RegExp(PASSWORD));
      return true;
    });
  });
});
