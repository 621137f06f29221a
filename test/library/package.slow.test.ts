/**
 * The package in a stranger's project: packed, installed in an empty folder, set up with two interruptions, then imported by
 * name in a notebook, with its types, where it trains.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { run } from '../../scripts/setup/processes.mjs';
import { packageRoot } from '../../scripts/setup/project.mjs';
import { notebookOf } from '../helpers/notebookOf';

const project = mkdtempSync(join(tmpdir(), "a stranger's project é "));
after(() => rmSync(project, { recursive: true, force: true }));

/** What a stranger's shell has: nothing of the npm or the test runner that runs this. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_TEST|PROFILE|CIFAR10_DIR)/.test(name)),
);
const inProject = (command: string, ...args: string[]) => run(command, args, { cwd: project, env });

/** Starts the set-up and ends it with a signal `after` ms into a step. */
async function interruptSetUp(step: string, signal: NodeJS.Signals, after: number): Promise<string> {
  const cli = join(project, 'node_modules/resnet-notebooks/scripts/cli.mjs');
  const child = spawn(process.execPath, [cli, 'setup', '--no-data'], { cwd: project, env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      const hadBegun = said.includes(`${step}: `);
      said += chunk;
      if (!hadBegun && said.includes(`${step}: `)) setTimeout(() => child.kill(signal), after);
    });
  }
  await new Promise((resolve) => child.on('close', resolve));
  return said;
}

/** Writes a notebook of TypeScript cells. */
function writeNotebook(name: string, cells: string[]): void {
  writeFileSync(join(project, name), notebookOf(cells));
}

let tarball: string;

before(async () => {
  writeFileSync(
    join(project, 'package.json'),
    '{ "name": "strange", "version": "1.0.0", "private": true }\n',
  );
  await run('npm', ['pack', '--pack-destination', project], { cwd: packageRoot, env });
  tarball = readdirSync(project).find((name) => name.endsWith('.tgz')) as string;
  await inProject('npm', 'install', '--ignore-scripts', '--no-audit', `./${tarball}`);
});

test('the package is found right by publint and by each of TypeScript’s resolutions', async () => {
  const packed = readFileSync(join(project, tarball));
  // Both are ES modules, which this test isn't.
  const checks = `
    import { readFileSync } from 'node:fs';
    import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
    import { publint } from 'publint';
    const { messages } = await publint({ pkgDir: '.', strict: true });
    const { problems } = await checkPackage(createPackageFromTarballData(readFileSync(process.argv[1])));
    console.log(JSON.stringify({ messages, problems }));`;
  const said = await run(process.execPath, ['--input-type=module', '-e', checks, join(project, tarball)], {
    cwd: packageRoot,
    env,
  });
  assert.deepEqual(JSON.parse(said), { messages: [], problems: [] });
  assert.ok(packed.length <= 12e6, `${packed.length} bytes`);
});

test('the set-up goes on after a kill and after an interruption', async () => {
  await interruptSetUp('Jupyter', 'SIGKILL', 300);
  const interrupted = await interruptSetUp('TensorFlow', 'SIGTERM', 1000);
  assert.match(interrupted, /Jupyter: installed.*\nTensorFlow: /);
  assert.match(interrupted, /The set-up was interrupted\.\nThe same command goes on from there\./);
  const said = await inProject('npx', 'resnet-notebooks', 'setup', '--no-data');
  assert.match(said, /Engine: TensorFlow 2\.21\.0 on the/);
  assert.match(said, /Set-up: all is there/);
  assert.doesNotMatch(said, /Jupyter: /);
});

test('a notebook imports the library by name and trains', async () => {
  writeNotebook('train.ipynb', [
    `import { crossEntropy, DataLoader, type History, loadCifar10, resnet18, SGD, train } from 'resnet-notebooks';`,
    `const { train: images, test } = await loadCifar10({ sample: true });
     const net = resnet18({ width: 4 });
     const history: History = await train(
       net,
       new DataLoader(images.subset(64), { batchSize: 16, shuffle: true }),
       new DataLoader(test.subset(32)),
       { epochs: 1, optimizer: new SGD({ lr: 0.05, momentum: 0.9 }), criterion: crossEntropy() },
     );`,
    `const loss: number = history.epochs[0].trainLoss;
     console.log('trained', Number.isFinite(loss), history.epochs.length);`,
  ]);
  const said = await inProject('npx', 'resnet-notebooks', 'run', 'train.ipynb');
  assert.match(said, /train: passed/);
  const executed = readFileSync(join(project, '.resnet-notebooks/executed/train.ipynb'), 'utf8');
  assert.match(executed, /trained true 1/);
});

test('the types reach the notebook: a wrong one fails its cell', async () => {
  writeNotebook('wrong.ipynb', [
    `import { resnet18 } from 'resnet-notebooks';`,
    `const net = resnet18({ width: 'narrow' });`,
  ]);
  await assert.rejects(
    inProject('npx', 'resnet-notebooks', 'run', 'wrong.ipynb'),
    ({ output }: Error & { output: string }) => {
      assert.match(output, /wrong: FAILED in cell 2 of 2/);
      assert.match(output, /Type 'string' is not assignable to type 'number/);
      return true;
    },
  );
});

test('init brings the notebooks, which run there, and leaves what is there already', async () => {
  const said = await inProject('npx', 'resnet-notebooks', 'init');
  assert.match(said, /14 files written/);
  const notebook = join(project, 'notebooks', '05_loss_and_optimizer.ipynb');
  assert.match(readFileSync(notebook, 'utf8'), /from 'resnet-notebooks'/);
  assert.match(await inProject('npx', 'resnet-notebooks', 'init', '--language', 'zh'), /0 files written/);
  const ran = await run('npx', ['resnet-notebooks', 'run', 'notebooks/05_loss_and_optimizer.ipynb'], {
    cwd: project,
    env: { ...env, PROFILE: 'smoke' },
  });
  assert.match(ran, /05_loss_and_optimizer: passed/);
});

test('predict and train work from the shell of the project', async () => {
  const picture = 'node_modules/resnet-notebooks/data/pictures/cat.png';
  assert.match(await inProject('npx', 'resnet-notebooks', 'predict', picture), /Prediction: cat, /);
  writeFileSync(
    join(project, 'tiny.ts'),
    `import type { RunConfig } from 'resnet-notebooks';
     export default { profile: 'smoke', epochs: 1 } satisfies RunConfig;`,
  );
  const said = await inProject('npx', 'resnet-notebooks', 'train', '--config', 'tiny.ts');
  assert.match(said, /Saved in data.models.tiny/);
});

test('a notebook imports the charts and the data alone', async () => {
  writeNotebook('charts.ipynb', [
    `import { blockDiagram, Figure } from 'resnet-notebooks/charts';
     import { CLASS_NAMES, Dataset } from 'resnet-notebooks/data';`,
    `const figure: Figure = blockDiagram('basic', { inChannels: 16, channels: 16 });
     console.log(Object.keys(figure).includes('data'), CLASS_NAMES.length);`,
  ]);
  await inProject('npx', 'resnet-notebooks', 'run', 'charts.ipynb');
  assert.match(readFileSync(join(project, '.resnet-notebooks/executed/charts.ipynb'), 'utf8'), /true 10/);
});
