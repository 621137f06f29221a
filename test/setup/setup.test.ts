/**
 * The set-up's parts: what it needs of a machine and how it says so, one at a time in a project, what counts as done, errors.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError } from '../../scripts/setup/errors.mjs';
import { readJson, writeJson } from '../../scripts/setup/files.mjs';
import { runSteps } from '../../scripts/setup/index.mjs';
import { takeLock } from '../../scripts/setup/lock.mjs';
import {
  checkPrerequisites,
  findCompiler,
  findPython,
  isAtLeast,
  missingNode,
} from '../../scripts/setup/prerequisites.mjs';
import { processStart, run } from '../../scripts/setup/processes.mjs';
import { findProject, packageRoot, projectAt } from '../../scripts/setup/project.mjs';
import type { Step } from '../../scripts/setup/step.mjs';
import { kernel } from '../../scripts/setup/steps/kernel.mjs';
import { nodePackages } from '../../scripts/setup/steps/nodePackages.mjs';
import { bar, formatSeconds } from '../../scripts/terminal.mjs';
import { temporaryFolder } from '../helpers/temporaryFolder';

/** A folder of stand-in programs, to be the whole of a PATH. */
function programs(scripts: Record<string, string>): string {
  const folder = temporaryFolder();
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  }
  return folder;
}

test('versions compare by number, part by part', () => {
  assert(isAtLeast([20, 19, 0], [20, 19]));
  assert(isAtLeast([22, 0, 0], [20, 19]));
  assert(isAtLeast([3, 10], [3, 10]));
  assert(!isAtLeast([20, 9, 0], [20, 19]));
  assert(!isAtLeast([3, 9, 18], [3, 10]));
  assert(!isAtLeast([18, 20, 4], [20, 19]));
});

test('an old Node is named with its version', () => {
  for (const old of ['18.20.4', '20.18.3', '21.7.3', '22.12.0', '23.11.0']) {
    assert.match(
      missingNode(old)?.what ?? '',
      new RegExp(`22\\.13 or newer, or 20\\.19 or newer \\(this is ${old}\\)`),
    );
  }
  for (const taken of ['20.19.0', '22.13.0', '24.0.0', '26.1.0']) assert.equal(missingNode(taken), undefined);
});

test('all that a bare machine lacks is named at once, with the lines that install it', () => {
  const env = { PATH: programs({}) };
  assert.throws(
    () => checkPrerequisites(new Set(['python', 'compiler'] as const), env),
    ({ message }: Error) => {
      assert.match(message, /Python 3\.10 or newer with venv \(no python3 found\): Jupyter/);
      assert.match(message, /a C\+\+ compiler/);
      for (const line of [
        'apt-get install python3 python3-venv',
        'dnf install gcc-c++',
        'brew install python',
      ]) {
        assert(message.includes(line), line);
      }
      return true;
    },
  );
});

test('where a package manager is there, only its lines are shown', () => {
  const env = { PATH: programs({ dnf: '' }) };
  assert.throws(
    () => checkPrerequisites(new Set(['compiler'] as const), env),
    ({ message }: Error) => message.includes('dnf install gcc-c++') && !/apt-get|xcode|Python/.test(message),
  );
});

test('a Python that is too old or has no venv is passed over', () => {
  const path = programs({
    python3: "echo '[[3, 9, 2], true]'",
    'python3.12': "echo '[[3, 12, 4], false]'",
    'python3.11': "echo '[[3, 11, 7], true]'",
  });
  assert.deepEqual(findPython({ PATH: path }), { command: 'python3.11', version: '3.11.7' });
  rmSync(join(path, 'python3.11'));
  const found = findPython({ PATH: path });
  assert('missing' in found);
  assert.match(found.missing.what, /python3 is 3\.9\.2, python3\.12 is 3\.12\.4 without venv/);
});

test('PYTHON and CXX say which programs to use', () => {
  const path = programs({
    python3: "echo '[[3, 13, 0], true]'",
    mine: "echo '[[3, 10, 1], true]'",
    'c++': '',
  });
  assert.deepEqual(findPython({ PATH: path, PYTHON: 'mine' }), { command: 'mine', version: '3.10.1' });
  assert('missing' in findPython({ PATH: path, PYTHON: 'no-such' }));
  assert.deepEqual(findCompiler({ PATH: path, CXX: 'mine -m64' }), { command: ['mine', '-m64'] });
  assert.deepEqual(findCompiler({ PATH: path }), { command: ['c++'] });
});

test('the second set-up waits for the first', async () => {
  const path = join(temporaryFolder(), 'setup.lock');
  const first = await takeLock(path, () => assert.fail('nobody holds it'));
  let waitedFor = 0;
  const second = takeLock(path, (pid) => {
    waitedFor = pid;
  });
  await sleep(300);
  assert.equal(waitedFor, process.pid);
  first.release();
  (await second).release();
  assert(!existsSync(path));
});

test('a lock of a dead process, of a number used again, or of no sense is nobody’s', async () => {
  const gone = spawn('true');
  await new Promise((resolve) => gone.on('close', resolve));
  const stale = [
    [{ pid: gone.pid, start: '1' }],
    [{ pid: process.pid, start: 'another time' }],
    'not a list of holders',
  ];
  for (const holders of stale) {
    const path = join(temporaryFolder(), 'setup.lock');
    writeJson(path, holders);
    const lock = await takeLock(path, () => assert.fail('nobody holds it'));
    assert.equal(readJson(path)[0].pid, process.pid);
    lock.release();
  }
});

test('a program that outlived a killed set-up holds the lock until it ends', async () => {
  const path = join(temporaryFolder(), 'setup.lock');
  const orphan = spawn('sleep', ['1']);
  const pid = orphan.pid as number;
  const start = processStart(pid);
  writeJson(path, [
    { pid: 2 ** 22 + 1, start: '1' },
    { pid, start },
  ]);
  const waitedFor: number[] = [];
  const lock = await takeLock(path, (holder) => void waitedFor.push(holder));
  assert.deepEqual(waitedFor, [pid]);
  assert.notEqual(processStart(pid), start);
  lock.release();
});

/** A step that is done once its file is there. */
function fileStep(name: string, work: Step['run'] = async () => 'written'): Step {
  const file = ({ root }: { root: string }) => join(root, name);
  return {
    name,
    needs: [],
    fix: `Do what helps ${name}.`,
    describe: () => 'writes a file',
    isDone: (project) => existsSync(file(project)),
    async run(project, tools) {
      const outcome = await work(project, tools);
      writeFileSync(file(project), '');
      return outcome;
    },
  };
}

test('a failing program is told with its step, its words and what to do; the next call goes on from there', async () => {
  const project = projectAt(temporaryFolder());
  let runs = 0;
  const first = fileStep('first', async () => `run ${++runs}`);
  const failing = fileStep('second', (_, { run }) => run('sh', ['-c', 'echo no route to host >&2; exit 7']));
  await assert.rejects(runSteps(project, [first, failing]), ({ message }: Error) => {
    assert.match(message, /^second: sh failed with code 7/);
    assert.match(message, /no route to host/);
    assert.match(message, /Do what helps second\.$/);
    return true;
  });
  assert(!existsSync(join(project.home, 'setup.lock')));
  await runSteps(project, [first, fileStep('second')]);
  assert.equal(runs, 1);
  assert.equal(readFileSync(join(project.home, '.gitignore'), 'utf8'), '*\n');
});

test('a program that is not there is told in words', async () => {
  await assert.rejects(run('no-such-program', []), (error: Error) => {
    assert(error instanceof CommandError);
    assert.match(error.message, /^no-such-program can't be started/);
    return true;
  });
});

test('node packages are done when each is there in the version that the lock names', () => {
  const { root } = projectAt(temporaryFolder());
  const project = projectAt(root);
  const packages = {
    'node_modules/a': { version: '1.0.0' },
    'node_modules/a/node_modules/b': { version: '2.0.0' },
    'node_modules/for-another-machine': { version: '1.0.0', optional: true },
  };
  const hidden = join(root, 'node_modules', '.package-lock.json');
  writeJson(join(root, 'package-lock.json'), { packages: { '': { version: '0.0.1' }, ...packages } });
  const install = () => {
    for (const name of ['node_modules/a', 'node_modules/a/node_modules/b']) {
      writeJson(join(root, name, 'package.json'), {});
    }
    writeJson(hidden, { packages: { ...packages, 'node_modules/for-another-machine': undefined } });
  };
  assert(!nodePackages.isDone(project));
  install();
  assert(nodePackages.isDone(project));

  rmSync(join(root, 'node_modules/a/node_modules/b'), { recursive: true });
  assert(!nodePackages.isDone(project), 'a folder is gone');
  install();
  rmSync(hidden);
  assert(!nodePackages.isDone(project), 'npm did not come to its end');
  install();
  writeJson(hidden, { packages: { ...packages, 'node_modules/a': { version: '0.9.0' } } });
  assert(!nodePackages.isDone(project), 'an older version is there');
});

test('package-lock.json has every optional package, for `npm ci` refuses one that has not', () => {
  const { packages } = readJson(join(packageRoot, 'package-lock.json'));
  for (const [folder, { optionalDependencies = {} }] of Object.entries<{ optionalDependencies?: object }>(
    packages,
  )) {
    for (const name of Object.keys(optionalDependencies)) {
      const isLocked = `node_modules/${name}` in packages || `${folder}/node_modules/${name}` in packages;
      assert(isLocked, `${name} of ${folder}`);
    }
  }
});

test('the kernel names this Node and this tslab, and is written again where the project moved', async () => {
  const project = projectAt(temporaryFolder());
  const work = { run, update: () => {} };
  assert(!(await kernel.isDone(project)));
  await kernel.run(project, work);
  assert(await kernel.isDone(project));
  const { argv, env } = readJson(join(project.venv, 'share/jupyter/kernels/tslab/kernel.json'));
  assert.deepEqual(env, { NODE_COMPILE_CACHE: project.compileCache });
  assert.equal(argv[0], process.execPath);
  assert.equal(argv[1], join(packageRoot, 'node_modules/tslab/bin/tslab'));
  assert.equal(argv.at(-1), '{connection_file}');

  const file = join(project.venv, 'share/jupyter/kernels/jslab/kernel.json');
  writeJson(file, { ...readJson(file), argv: ['/elsewhere/node'] });
  assert(!(await kernel.isDone(project)));
});

test('the project is the nearest one that has this package in it', () => {
  assert.equal(findProject(join(packageRoot, 'lib', 'engine')).root, packageRoot);
  assert(findProject(packageRoot).isCheckout);
  const empty = temporaryFolder();
  assert.throws(() => findProject(empty), /no package\.json.*\n.*npm init -y/);
  writeJson(join(empty, 'package.json'), {});
  mkdirSync(join(empty, 'notebooks'));
  assert.throws(
    () => findProject(join(empty, 'notebooks')),
    /isn't installed in .*\n.*npm install --ignore-scripts/,
  );
});

test('a project that installed the package is found from inside it, workspaces too', async () => {
  const root = temporaryFolder();
  const installed = join(root, 'node_modules', 'resnet-notebooks');
  cpSync(join(packageRoot, 'scripts'), join(installed, 'scripts'), { recursive: true });
  for (const folder of [root, installed, join(root, 'packages', 'one')])
    writeJson(join(folder, 'package.json'), {});
  const program = `
    const { findProject } = await import(process.argv[1]);
    for (const folder of process.argv.slice(2)) console.log(JSON.stringify(findProject(folder)));`;
  const said = await run(process.execPath, [
    ...['--input-type=module', '-e', program, join(installed, 'scripts/setup/project.mjs')],
    ...[root, join(root, 'packages', 'one'), installed],
  ]);
  for (const line of said.split('\n')) {
    const project = JSON.parse(line);
    assert.equal(project.root, root);
    assert.equal(project.isCheckout, false);
  }
});

test('durations and bars read well', () => {
  assert.deepEqual([0.84, 42.4, 200].map(formatSeconds), ['0.8 s', '42 s', '3 min 20 s']);
  assert.equal(bar(0.5), '[###############...............] 50 %');
});
