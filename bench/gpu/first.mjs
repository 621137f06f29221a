#!/usr/bin/env node
/**
 * What a GPU does with this program, on a machine that has neither a network nor npm: whether a few steps give what the CPU gives, images a
 * second beside PyTorch, what operations cost, and whole runs. Each result is printed and kept as it comes.
 *
 *     node bench/gpu/first.mjs OUT [--cpu] [--until SECONDS] [--only losses,rates,costs,runs,seeds,oneCycle]
 *
 * in the root of a project that has lib/dist, bench/dist, bench/pytorch, data/sample and data/pretrained; for runs also
 * data/cifar-10-batches-bin with a file data/ready beside it, which are waited for. PyTorch's libraries are looked for where
 * PYTORCH_LIBRARY_PATH says, since those of TensorFlow would be in their way. `--cpu` rehearses it with small settings.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const [out = 'out', ...flags] = process.argv.slice(2);
const option = (/** @type {string} */ name) =>
  flags.includes(name) ? flags[flags.indexOf(name) + 1] : undefined;
const cpu = flags.includes('--cpu');
const until = Number(option('--until') ?? 600);
const only = option('--only')?.split(',') ?? ['losses', 'rates', 'costs', 'runs', 'seeds', 'oneCycle'];
const root = 'data/cifar-10-batches-bin';
const began = performance.now();
const elapsed = () => (performance.now() - began) / 1000;
const left = () => until - elapsed();
const noGpu = { CUDA_VISIBLE_DEVICES: '-1' };
const here = cpu ? noGpu : {};
const half = cpu ? 'float32' : 'bfloat16';
mkdirSync(out, { recursive: true });

/**
 * @param {string} what
 * @param {object} value
 */
function keep(what, value) {
  const line = JSON.stringify({ at: Math.round(elapsed()), what, ...value });
  console.log(line);
  appendFileSync(join(out, 'results.jsonl'), `${line}\n`);
}

/**
 * A process that answers each line with a line of JSON; `undefined` where it fails or takes too long.
 *
 * @param {string[]} command
 * @param {Record<string, string>} [env]
 */
function start([program, ...args], env = here) {
  const paths = program === 'node' ? {} : { LD_LIBRARY_PATH: process.env.PYTORCH_LIBRARY_PATH ?? '' };
  const child = spawn(program, args, {
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: '1', ...paths, ...env },
    stdio: 'pipe',
  });
  let said = '';
  child.stderr.on('data', (text) => {
    said = (said + text).slice(-2500);
  });
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    said: () => said,
    async ask(/** @type {string | number} */ line, /** @type {number} */ seconds) {
      child.stdin.write(`${line}\n`);
      const late = new Promise((resolve) => {
        setTimeout(resolve, seconds * 1000, { done: true }).unref();
      });
      const { value, done } = await Promise.race([lines.next(), late]);
      return done ? undefined : JSON.parse(value);
    },
    end: () => child.kill('SIGKILL'),
  };
}

const worker = (/** @type {string} */ name, /** @type {(string | number)[]} */ ...args) => [
  'node',
  `bench/dist/bench/workers/${name}.js`,
  ...args.map(String),
];

/**
 * Runs a program of JavaScript, an expression, and keeps what it comes to.
 *
 * @param {string} what
 * @param {string} text
 * @param {(string | number)[]} args
 * @param {Record<string, string>} [env]
 */
async function program(what, text, args, env = here) {
  const one = start(
    ['node', '-e', `${text}.then((a) => console.log(JSON.stringify(a)))`, ...args.map(String)],
    env,
  );
  keep(what, (await one.ask('', Math.min(100, left()))) ?? { failed: one.said() });
  one.end();
}

// A few steps, whose losses should be the CPU's within what a precision rounds.
const LOSSES = `(async () => {
  const lib = require('./lib/dist');
  const { train, test } = await lib.loadCifar10({ sample: true });
  const net = lib.resnet18({ width: 16, seed: 1 });
  const optimizer = new lib.SGD({ lr: 0.02, momentum: 0.9, weightDecay: 5e-4 });
  const losses = [];
  const [trainLoader, testLoader] = [new lib.DataLoader(train.subset(160), { batchSize: 32 }), new lib.DataLoader(test.subset(40))];
  await lib.train(net, trainLoader, testLoader, { epochs: 1, optimizer, criterion: lib.crossEntropy(), precision: process.argv[1],
    ...JSON.parse(process.argv[2]), onProgress: (e) => e.kind === 'batch' && losses.push(e.loss) });
  return { device: lib.device(), losses };
})()`;

const PRETRAINED = `(async () => {
  const lib = require('./lib/dist');
  const { test } = await lib.loadCifar10({ root: process.argv[1] });
  const net = await lib.loadPretrained('resnet18');
  const began = performance.now();
  const { accuracy } = await lib.evaluate(net, new lib.DataLoader(test, { batchSize: 500 }));
  return { accuracy, seconds: (performance.now() - began) / 1000 };
})()`;

/** @typedef {[network: string, width: number, batch: number]} Row */

/**
 * Images a second of several, which take turns.
 *
 * @param {Row} row
 * @param {Record<string, string[]>} commands
 */
async function rates(row, commands, turns = 4) {
  const steps = cpu ? 4 : 48;
  /** @type {{ name: string, contender: ReturnType<typeof start>, rates: number[], first: number, on: string }[]} */
  const live = [];
  // All are loaded at once; each takes its first steps alone.
  const contenders = Object.entries(commands).map(([name, command]) => ({ name, contender: start(command) }));
  for (const { name, contender } of contenders) {
    const first = left() > 20 ? await contender.ask(4, Math.min(120, left())) : undefined;
    if (first) {
      live.push({ name, contender, rates: [], first: first.seconds, on: first.device?.name });
    } else {
      keep('no answer', { row, name, said: contender.said() });
      contender.end();
    }
  }
  for (let turn = 0; turn < turns && left() > 10; turn++) {
    for (const { contender, rates: own } of live) {
      const answer = await contender.ask(steps, 60);
      if (answer) own.push(Math.round((steps * row[2]) / answer.seconds));
    }
  }
  for (const { contender } of live) contender.end();
  keep('images/s', { row, of: live.map(({ contender, ...result }) => result) });
}

/** @param {Row} row */
const ours = (row, precision = half, options = {}) =>
  worker('images', ...row, precision, JSON.stringify(options));
/** @param {Row} row */
const torch = (row, how = 'plain') =>
  ['python3', 'bench/pytorch/images.py', cpu ? 'cpu' : 'cuda', ...row, half, how].map(String);

/**
 * @param {string} recipe
 * @param {number} seed
 * @param {object} changes
 */
async function run(recipe, seed, changes) {
  const small = { width: 4, channels: undefined, epochs: 1, batchSize: 64, precision: 'float32' };
  const setting = { recipe, seed, changes: cpu ? small : changes, ...(cpu ? { images: 512 } : {}) };
  const one = start(worker('run', JSON.stringify({ root, ...setting })));
  keep('run', { setting, result: (await one.ask('train', left())) ?? { failed: one.said() } });
  one.end();
}

if (only.includes('losses')) {
  await program('losses, CPU, float32', LOSSES, ['float32', '{}'], noGpu);
  for (const precision of ['tf32', 'bfloat16', 'float32', 'float16'])
    await program(`losses, GPU, ${precision}, not compiled`, LOSSES, [precision, '{"jitCompile":false}']);
  await program('losses, GPU, bfloat16', LOSSES, [half, cpu ? '{}' : '{"jitCompile":true}']);
}
if (only.includes('rates')) {
  /** @type {Row[]} */
  const rows = cpu
    ? [['resnet18', 8, 32]]
    : [
        ['resnet18', 64, 512],
        ['resnet18', 64, 128],
        ['resnet34', 64, 128],
        ['resnet50', 64, 128],
      ];
  for (const row of rows) {
    if (left() < 90) break;
    await rates(row, { ours: ours(row), PyTorch: torch(row), 'PyTorch, compiled': torch(row, 'compile') });
  }
}
if (only.includes('costs')) {
  const one = start(ours(['resnet18', cpu ? 8 : 64, cpu ? 16 : 512], half, { jitCompile: false }));
  await one.ask(6, Math.min(60, left()));
  keep('costs', (await one.ask('costs', Math.min(60, left()))) ?? { failed: one.said() });
  one.end();
}
if (['runs', 'seeds', 'oneCycle'].some((name) => only.includes(name))) {
  while (!existsSync('data/ready') && left() > 30) await new Promise((resolve) => setTimeout(resolve, 1000));
}
if (only.includes('runs')) {
  await program('pretrained', PRETRAINED, [root]);
  await run('ninetyFour', 0, { precision: 'bfloat16' });
  await run('article', 0, { network: 'resnet34', precision: 'tf32' });
}
// At once, for their accuracies: none has its time.
if (only.includes('seeds'))
  await Promise.all([1, 2, 3, 4].map((seed) => run('ninetyFour', seed, { precision: 'bfloat16' })));
if (only.includes('oneCycle') && left() > 30) await run('oneCycle', 0, { precision: 'bfloat16' });
keep('end', {});
process.exit(0);
