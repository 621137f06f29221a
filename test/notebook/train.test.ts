/**
 * Loading and training as a notebook calls them: shown while they run.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Figure } from '../../lib/charts/figure';
import { DataLoader } from '../../lib/data/dataLoader';
import { ConfigError } from '../../lib/errors';
import { resnet18 } from '../../lib/models/resNet';
import { loadCifar10 } from '../../lib/notebook/loadCifar10';
import { train } from '../../lib/notebook/train';
import type { TrainEvent } from '../../lib/training/events';
import { type EpochRecord, formatEpoch } from '../../lib/training/history';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { playKernel } from '../helpers/playedKernel';

async function setUp() {
  const sample = await loadCifar10({ sample: true });
  const loader = new DataLoader(sample.train.subset(40), { batchSize: 10 });
  const options = { epochs: 2, optimizer: new SGD({ lr: 0.01 }), criterion: crossEntropy() };
  return { net: resnet18({ width: 2 }), loader, options };
}

const lines = (epochs: readonly EpochRecord[]) => epochs.map((record) => formatEpoch(record, 2)).join('\n');

test('in a notebook the run is shown, its lines are what the history says, and its curves grow', async () => {
  const { texts, charts } = playKernel();
  const { net, loader, options } = await setUp();
  const history = await train(net, loader, loader, options);
  assert.match(texts[0], /^Epoch 1\/2 \|/);
  assert.equal(texts[texts.length - 1], lines(history.epochs));
  const losses = charts[charts.length - 1].content.data['application/vnd.plotly.v1+json'] as Figure;
  assert.deepEqual(
    (losses.data[0] as { y: number[] }).y,
    history.epochs.map(({ trainLoss }) => trainLoss),
  );
  assert.deepEqual(
    charts.map(({ update }) => update),
    charts.map((_, i) => i > 0),
  );
  assert.equal(new Set(charts.map(({ content }) => content.transient.display_id)).size, 1);
});

test('with a listener of one’s own nothing is shown', async () => {
  const { texts, charts } = playKernel();
  const { net, loader, options } = await setUp();
  const events: TrainEvent[] = [];
  await train(net, loader, loader, { ...options, onProgress: (event) => events.push(event) });
  assert.equal(events.filter(({ kind }) => kind === 'batch').length, 2 * 4);
  assert.deepEqual([texts, charts], [[], []]);
});

test('an interrupted run gives the history of its whole epochs, and says where it stopped', async () => {
  const { texts } = playKernel();
  const { net, loader, options } = await setUp();
  const run = train(net, loader, loader, options);
  const watch = setInterval(() => {
    if (!texts[texts.length - 1]?.includes('Epoch 2/2 |')) return;
    clearInterval(watch);
    process.emit('SIGINT');
  }, 1);
  const { epochs } = await run;
  assert.equal(epochs.length, 1);
  const [first, said] = texts[texts.length - 1].split('\n');
  assert.equal(first, lines(epochs));
  assert.match(said, /^Stopped in epoch 2, after batch [1-4] of 4\. .* the history has 1 whole epoch\.$/);
});

test('settings that cannot work are refused before anything is shown', async () => {
  const { texts, charts } = playKernel();
  const { net, loader, options } = await setUp();
  await assert.rejects(train(net, loader, loader, { ...options, epochs: 0 }), ConfigError);
  assert.deepEqual([texts, charts], [[], []]);
});
