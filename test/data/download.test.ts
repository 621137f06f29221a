/** The downloader against a local server that misbehaves in each of the ways that servers do. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import {
  DownloadError,
  type DownloadFault,
  download,
  type RemoteFile,
} from '../../lib/data/download/download';
import { DataError } from '../../lib/errors';
import { type LocalServer, localServer } from '../helpers/localServer';

const BODY = new Uint8Array(300_000).map((_, i) => (i * 31) >> 3);
const HALF = 150_000;

let server: LocalServer;
let origin: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
/** The Range header of each request so far; '' without one. */
let ranges: string[];
let root: string;
let folder: string;
let path: string;

before(async () => {
  root = await mkdtemp(join(tmpdir(), 'resnet-download-'));
  server = await localServer((request, response) => {
    ranges.push(request.headers.range ?? '');
    answer(request, response);
  });
  origin = server.origin;
});
after(async () => {
  server.close();
  await rm(root, { recursive: true });
});
beforeEach(async () => {
  ranges = [];
  folder = await mkdtemp(join(root, 'test-'));
  path = join(folder, 'file');
});

function remote(changes: Partial<RemoteFile> = {}): RemoteFile {
  const hex = createHash('md5').update(BODY).digest('hex');
  return { url: `${origin}/file`, size: BODY.length, checksum: { algorithm: 'md5', hex }, ...changes };
}

/** Serves BODY, from the start of a requested range; `until` cuts it off there. */
function serve(request: IncomingMessage, response: ServerResponse, until = BODY.length, body = BODY): void {
  const start = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  response.writeHead(start > 0 ? 206 : 200, {
    'Content-Length': body.length - start,
    ...(start > 0 && { 'Content-Range': `bytes ${start}-${body.length - 1}/${body.length}` }),
  });
  if (until === body.length) response.end(body.subarray(start));
  else response.write(body.subarray(start, until), () => setTimeout(() => response.destroy(), 20));
}

async function assertDownloaded(): Promise<void> {
  assert.deepEqual(new Uint8Array(await readFile(path)), BODY);
  assert.deepEqual(await readdir(folder), ['file']);
}

async function assertFails(fault: DownloadFault, message: RegExp, file = remote()): Promise<void> {
  await assert.rejects(download(file, path, { stallTimeout: 300 }), (error: Error) => {
    assert.ok(error instanceof DownloadError && error instanceof DataError, `${error}`);
    assert.equal(error.fault, fault);
    assert.match(error.message, message);
    assert.ok(error.fix.length > 0);
    return true;
  });
  await assert.rejects(access(path), 'no file of the final name');
}

describe('download', () => {
  test('download: brings the file, tells how far it is, and does not fetch it twice', async () => {
    answer = serve;
    const seen: number[] = [];
    await download(remote(), path, {
      onProgress: (done, total) => {
        assert.equal(total, BODY.length);
        seen.push(done);
      },
    });
    await assertDownloaded();
    assert.equal(seen.at(-1), BODY.length);
    assert.deepEqual(
      seen,
      [...seen].sort((a, b) => a - b),
    );
    await download(remote(), path);
    assert.equal(ranges.length, 1);
  });

  test('download: resumes a body that was cut off, by a range', async () => {
    answer = (request, response) => serve(request, response, ranges.length === 1 ? HALF : undefined);
    await download(remote(), path);
    await assertDownloaded();
    assert.deepEqual(ranges, ['', `bytes=${HALF}-`]);
  });

  test('download: goes on with the part that an earlier attempt left', async () => {
    answer = serve;
    await writeFile(`${path}.part`, BODY.subarray(0, 1000));
    await download(remote(), path);
    await assertDownloaded();
    assert.deepEqual(ranges, ['bytes=1000-']);
  });

  test('download: starts over where the server ignores ranges', async () => {
    answer = (request, response) => {
      delete request.headers.range;
      serve(request, response);
    };
    await writeFile(`${path}.part`, BODY.subarray(0, 1000));
    await download(remote(), path);
    await assertDownloaded();
  });

  test('download: starts over once when the part turns out to be of another file', async () => {
    answer = serve;
    await writeFile(`${path}.part`, new Uint8Array(1000));
    await download(remote(), path);
    await assertDownloaded();
    assert.deepEqual(ranges, ['bytes=1000-', '']);
  });

  test('download: keeps the part when the body ends early and no more comes', async () => {
    answer = (request, response) => serve(request, response, HALF);
    await assertFails('truncated', /broke off|ended after/);
    assert.equal((await readFile(`${path}.part`)).length, HALF);
    answer = serve;
    await download(remote(), path);
    await assertDownloaded();
  });

  test('download: refuses one altered byte, and keeps nothing of it', async () => {
    const altered = BODY.slice();
    altered[1234] ^= 1;
    answer = (request, response) => serve(request, response, undefined, altered);
    await assertFails('altered', /another md5/);
    assert.deepEqual(await readdir(folder), []);
    assert.equal(ranges.length, 1);
  });

  test('download: refuses a file of another size, told by its header or by its end', async () => {
    answer = (_, response) => response.end('<html>Please log in</html>');
    await assertFails('altered', /has 26 bytes, not the 300000/);
    answer = (_, response) => {
      response.write(BODY);
      response.end(BODY);
    };
    await assertFails('altered', /more than the 300000 bytes/);
  });

  for (const status of [401, 404, 500, 503]) {
    test(`download: says the status: ${status}`, async () => {
      answer = (_, response) => response.writeHead(status).end('no');
      await assertFails('status', new RegExp(`status ${status} `));
      assert.equal(ranges.length, 1);
      assert.deepEqual(await readdir(folder), []);
    });
  }

  test('download: gives up a server that does not answer, and one that stops sending', async () => {
    answer = () => {};
    await assertFails('stalled', /doesn't answer/);
    answer = (request, response) => {
      response.writeHead(200, { 'Content-Length': BODY.length });
      if (!request.headers.range) response.write(BODY.subarray(0, 1000));
    };
    await assertFails('stalled', /stopped sending|doesn't answer/);
    answer = serve;
    await download(remote(), path);
    await assertDownloaded();
  });

  test('download: gives up a server that sends a byte now and then', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'Content-Length': BODY.length });
      const timer = setInterval(() => response.write('.'), 30);
      response.once('close', () => clearInterval(timer));
    };
    await assertFails('stalled', /stopped sending, or sends too slowly/);
  });

  test('download: says so when there is no server, no such host, or a circle of redirects', async () => {
    await assertFails(
      'network',
      /can't be reached: .*ECONNREFUSED/,
      remote({ url: 'http://127.0.0.1:9/file' }),
    );
    await assertFails('network', /can't be reached/, remote({ url: 'http://nowhere.invalid/file' }));
    answer = (_, response) => response.writeHead(302, { Location: '/file' }).end();
    await assertFails('network', /can't be reached: maximum redirect/);
  });
});
