/** Evaluations and range tests as a notebook calls them: shown while they run, and ended by an interrupt. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { tf } from '../../lib/engine/runtime/tensorflow';
import { resnet10 } from '../../lib/models/resNet';
import { type Report, shownWork } from '../../lib/notebook/display/shownWork';
import { evaluate } from '../../lib/notebook/evaluate';
import { learningRateRangeTest } from '../../lib/notebook/learningRateRangeTest';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { playKernel } from '../helpers/playedKernel';

const net = resnet10({ width: 4 });
let loader: DataLoader;
before(async () => {
  const { test: images } = await loadCifar10({ sample: true });
  loader = new DataLoader(images, { batchSize: 5 });
});

/** Ten parts of work, 0.2 s each. */
async function slowly(report: Report, signal: AbortSignal): Promise<number> {
  for (let done = 1; done <= 10; done++) {
    await wait(200);
    report(done, 10);
    signal.throwIfAborted();
  }
  return 42;
}

test('work shows how far it is, and leaves how much it was', async () => {
  const { texts } = playKernel();
  assert.equal(await shownWork({ name: 'work', unit: 'parts' }, slowly), 42);
  assert.match(texts[0], /^work \|█+[^|]* *\| +\d+% {2}\d of 10 parts {2}00:0\d left$/);
  assert.ok(texts.length > 2, `${texts.length} states`);
  assert.equal(texts[texts.length - 1], 'work: 10 of 10 parts in 00:02');
});

test('work of a moment shows nothing', async () => {
  const { texts } = playKernel();
  await shownWork({ name: 'work', unit: 'parts' }, async (report) => report(1, 1));
  assert.deepEqual(texts, []);
});

test('an interrupted evaluation ends after its batch, with an error and nothing left behind', async () => {
  playKernel();
  loader.dispose();
  await evaluate(net, loader);
  const tensors = tf.memory().numTensors;
  const batches: number[] = [];
  const stop = new AbortController();
  const stopped = evaluate(net, loader, {
    signal: stop.signal,
    onProgress: (done, total) => {
      assert.equal(total, 200);
      batches.push(done);
      if (done === 10) stop.abort();
    },
  });
  await assert.rejects(stopped, { name: 'AbortError' });
  assert.deepEqual(batches, [5, 10]);
  assert.equal(tf.memory().numTensors, tensors);

  const interrupted = evaluate(net, loader);
  setTimeout(() => process.emit('SIGINT'), 20);
  await assert.rejects(interrupted, /interrupted before it had a result/);
  assert.equal(tf.memory().numTensors, tensors);
});

test('an interrupted range test gives the steps so far, and puts the weights back', async () => {
  playKernel();
  const before = net.getWeights().map((weight) => weight.dataSync());
  const options = { criterion: crossEntropy(), steps: 1000 };
  const running = learningRateRangeTest(net, loader, options);
  setTimeout(() => process.emit('SIGINT'), 2000);
  const { losses } = await running;
  assert.ok(losses.length > 0 && losses.length < 1000, `${losses.length} steps`);
  assert.deepEqual(
    net.getWeights().map((weight) => weight.dataSync()),
    before,
  );
});
