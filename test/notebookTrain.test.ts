/**
 * Loading and training as a notebook calls them: shown while they run.
 */
import assert from 'node:assert/strict';
import { createRequire, Module } from 'node:module';
import { afterEach, test } from 'node:test';
import { DataLoader } from '../lib/data/dataLoader';
import { ConfigError, InterruptError } from '../lib/errors';
import { resnet18 } from '../lib/models/resNet';
import type { DisplayData } from '../lib/notebook/kernel';
import { loadCifar10 } from '../lib/notebook/loadCifar10';
import { train } from '../lib/notebook/train';
import { crossEntropy } from '../lib/training/crossEntropy';
import type { TrainEvent } from '../lib/training/events';
import { formatEpoch } from '../lib/training/history';
import { SGD } from '../lib/training/sgd';

const require = createRequire(__filename);
const KERNEL_MODULE = '/elsewhere/node_modules/tslab/dist/jupyter.js';
afterEach(() => {
  delete require.cache[KERNEL_MODULE];
});

/** Plays a running kernel. Returns the states of the cell's output. */
function playKernel(): string[] {
  const states: string[] = [];
  const lastWriteDisplayData = ({ data }: DisplayData) => states.push(data['text/plain'] as string);
  require.cache[KERNEL_MODULE] = Object.assign(new Module(KERNEL_MODULE), {
    exports: { lastWriteDisplayData },
  });
  return states;
}

async function setUp() {
  const sample = await loadCifar10({ sample: true });
  const loader = new DataLoader(sample.train.subset(40), { batchSize: 10 });
  const options = { epochs: 2, optimizer: new SGD({ lr: 0.01 }), criterion: crossEntropy() };
  return { net: resnet18({ width: 2 }), loader, options };
}

test('in a notebook the run is shown, and its lines are what the history says', async () => {
  const states = playKernel();
  const { net, loader, options } = await setUp();
  const history = await train(net, loader, loader, options);
  assert.match(states[0], /^Epoch 1\/2 \|/);
  assert.equal(states[states.length - 1], history.epochs.map((record) => formatEpoch(record, 2)).join('\n'));
});

test('with a listener of one’s own nothing is shown', async () => {
  const states = playKernel();
  const { net, loader, options } = await setUp();
  const events: TrainEvent[] = [];
  await train(net, loader, loader, { ...options, onProgress: (event) => events.push(event) });
  assert.equal(events.filter(({ kind }) => kind === 'batch').length, 2 * 4);
  assert.deepEqual(states, []);
});

test('an interrupted run leaves the lines of its whole epochs', async () => {
  const states = playKernel();
  const { net, loader, options } = await setUp();
  const lines: string[] = [];
  const run = train(net, loader, loader, options);
  const watch = setInterval(() => {
    const last = states[states.length - 1] ?? '';
    if (!last.includes('Epoch 2/2 |')) return;
    lines.push(last.split('\n')[0]);
    clearInterval(watch);
    process.emit('SIGINT');
  }, 1);
  await assert.rejects(run, InterruptError);
  assert.equal(states[states.length - 1], lines[0]);
});

test('settings that cannot work are refused before anything is shown', async () => {
  const states = playKernel();
  const { net, loader, options } = await setUp();
  await assert.rejects(train(net, loader, loader, { ...options, epochs: 0 }), ConfigError);
  assert.deepEqual(states, []);
});
