/** Faults of the set-up that take seconds, each told with its cause; `npm run test:faults -- setup` tries them all at full size. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { fixFor, inWords } from '../../scripts/setup/causes.mjs';
import type { CommandError } from '../../scripts/setup/errors.mjs';
import { writeJson } from '../../scripts/setup/files.mjs';
import { findPython } from '../../scripts/setup/prerequisites.mjs';
import { run } from '../../scripts/setup/processes.mjs';
import { packageRoot, projectAt } from '../../scripts/setup/project.mjs';
import { jupyter } from '../../scripts/setup/steps/jupyter.mjs';
import { nodePackages } from '../../scripts/setup/steps/nodePackages.mjs';
import { FAILURES, withBadRegistry } from '../faults/setup/registry';
import { temporaryFolder } from '../helpers/temporaryFolder';

/** Runs with other variables than this process has. */
async function withEnv<T>(env: NodeJS.ProcessEnv, work: () => Promise<T> | T): Promise<T> {
  const own = { ...process.env };
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
  try {
    return await work();
  } finally {
    for (const name of Object.keys(env)) delete process.env[name];
    Object.assign(process.env, own);
  }
}

const found = findPython(process.env);
const python = 'missing' in found ? 'python3' : found.command;

/** A program that sets up a folder with one step, which fetches a package. */
function fetching(step: 'npm' | 'pip'): { root: string; program: string } {
  const root = temporaryFolder();
  const url = (name: string) => JSON.stringify(pathToFileURL(join(packageRoot, 'scripts', name)).href);
  const lock = { version: '1.0.0', integrity: `sha512-${Buffer.alloc(64).toString('base64')}` };
  writeJson(join(root, 'package.json'), { name: 'one', version: '1.0.0', dependencies: { tar: '1.0.0' } });
  writeJson(join(root, 'package-lock.json'), {
    name: 'one',
    version: '1.0.0',
    lockfileVersion: 3,
    packages: {
      '': { name: 'one', version: '1.0.0', dependencies: { tar: '1.0.0' } },
      'node_modules/tar': lock,
    },
  });
  const steps = {
    npm: `const { nodePackages: step } = await import(${url('setup/steps/nodePackages.mjs')});`,
    pip: `const { pip } = await import(${url('setup/python.mjs')});
          const step = { name: 'pip', needs: [], fix: '', describe: () => 'fetches', isDone: () => false, run: (project, work) =>
            pip(project, work, ${JSON.stringify(python)}, ['--target', project.root + '/target', 'anyio==4.16.0']) };`,
  };
  const program = `
    import { main } from ${url('main.mjs')};
    import { runSteps } from ${url('setup/index.mjs')};
    import { projectAt } from ${url('setup/project.mjs')};
    ${steps[step]}
    await main(async () => {
      await runSteps(projectAt(${JSON.stringify(root)}), [step]);
      return 0;
    });`;
  return { root, program };
}

describe('a registry that is at fault is told as such', () => {
  for (const client of ['npm', 'pip'] as const) {
    for (const failure of Object.keys(FAILURES)) {
      test(`a registry that is at fault is told as such: by ${client}: ${failure}`, () =>
        withBadRegistry(failure, async (env) => {
          const { root, program } = fetching(client);
          const running = run(process.execPath, ['--input-type=module', '-e', program], {
            cwd: root,
            env: { ...process.env, ...env[client] },
          });
          await assert.rejects(running, ({ message, output }: Error & { output: string }) => {
            assert.match(message, /failed with code 1/);
            assert.match(
              output,
              failure.includes('500') ? /registry is out of order/ : /registry can't be reached/,
            );
            assert.match(output, /give the same command again/);
            return true;
          });
        }));
    }
  }
});

test('what the system and the programs say is known by its cause', () => {
  const causes: [said: string, cause: RegExp | undefined][] = [
    ['npm error code E503', /registry is out of order/],
    ['too many 500 error responses', /registry is out of order/],
    ['npm error code EINTEGRITY', /isn't what this project has the hash of/],
    ['ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.', /has the hash of/],
    ['getaddrinfo EAI_AGAIN', /registry can't be reached/],
    ['ReadTimeoutError("HTTPSConnectionPool: Read timed out.")', /registry can't be reached/],
    ["[Errno 28] No space left on device: '/venv'", /^The disk is full/],
    ["[Errno 30] Read-only file system: '/venv'", /isn't one that you may write to/],
    ['error TS2322: Type 500 is not assignable to type string', undefined],
  ];
  for (const [said, cause] of causes) {
    if (cause === undefined) assert.equal(fixFor(said), undefined);
    else assert.match(fixFor(said) ?? 'none', cause, said);
  }
});

test('a disk that is found full by this program itself is told as such', {
  skip: process.platform !== 'linux',
}, () => {
  try {
    writeFileSync('/dev/full', 'x');
    assert.fail('there was space');
  } catch (error) {
    assert.match((inWords(error) as Error).message, /^ENOSPC.*\nThe disk is full/);
  }
  const other = new TypeError('x is undefined');
  assert.equal(inWords(other), other);
});

/** Runs the step of node packages with a stand-in for npm, in a folder that has a lock. */
async function runNodePackages(npm: string, env: NodeJS.ProcessEnv, packages = {}): Promise<string> {
  const [root, programs] = [temporaryFolder(), temporaryFolder()];
  writeJson(join(root, 'package-lock.json'), { packages });
  writeFileSync(join(programs, 'npm'), `#!/bin/sh\n${npm}\n`, { mode: 0o755 });
  const PATH = `${programs}:${process.env.PATH}`;
  await withEnv({ PATH, npm_execpath: '', npm_config_cache: undefined, ...env }, () =>
    nodePackages.run(projectAt(root), { run, update: () => {} }),
  );
  return root;
}

test('what npm left out or half written, though it ended well, is told', async () => {
  const warning = 'npm warn tar TAR_ENTRY_ERROR ENOSPC: no space left on device, write';
  await assert.rejects(runNodePackages(`echo ${warning}`, {}), ({ message, output }: CommandError) => {
    assert.match(message, /npm left files unwritten/);
    assert.match(fixFor(output) ?? '', /^The disk is full/);
    return true;
  });
  const here = { version: '1.0.0', optional: true, os: [process.platform], cpu: [process.arch] };
  await assert.rejects(
    runNodePackages('', {}, { 'node_modules/fast-here': here }),
    /npm left out node_modules\/fast-here/,
  );
  await runNodePackages('', {}, { 'node_modules/fast-there': { ...here, cpu: ['another'] } });
});

test('npm gets a cache of the project where the home has no space for one', async () => {
  const cacheIn = async (home: string) => {
    const root = await runNodePackages('printf %s "$npm_config_cache" > cache', { HOME: home });
    return [readFileSync(join(root, 'cache'), 'utf8'), join(root, '.resnet-notebooks', 'npm-cache')];
  };
  const file = join(temporaryFolder(), 'a file');
  writeFileSync(file, '');
  for (const home of [file, '/proc/nobody']) {
    const [cache, own] = await cacheIn(home);
    assert.equal(cache, own, home);
  }
  assert.equal((await cacheIn(temporaryFolder()))[0], '');
});

test('Jupyter is set up again where its Python is gone, or PYTHON names another', async () => {
  const project = projectAt(temporaryFolder());
  const programs = join(project.venv, 'bin');
  mkdirSync(programs, { recursive: true });
  const real = await run(python, ['-c', 'import os, sys; print(os.path.realpath(sys.executable))']);
  symlinkSync(real, project.python);
  const other = join(project.root, 'python');
  writeFileSync(other, '#!/bin/sh\nprintf /another/python3\n', { mode: 0o755 });
  await jupyter.run(project, { run: async () => '', update: () => {} });
  assert(await jupyter.isDone(project));
  assert(await withEnv({ PYTHON: python }, () => jupyter.isDone(project)));
  assert(!(await withEnv({ PYTHON: other }, () => jupyter.isDone(project))));
  rmSync(project.python);
  symlinkSync('/gone/python3', project.python);
  assert(!(await jupyter.isDone(project)));
});
