/**
 * Looks for what piles up: many steps, many evaluations, many networks one after the other in one process.
 */
import assert from 'node:assert/strict';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { resnet10 } from '../../lib/models/resNet';
import { evaluate } from '../../lib/training/evaluate';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { compileTraining } from '../../lib/training/step/trainingStep';
import { Tally } from './tally';

/** What a process may grow by, once it is warm: memory that was freed is given back in large pieces, if at all. */
const MOST_GROWTH = 64 * 2 ** 20;

const BATCH = 32;

/**
 * Repeats work, of which the first quarter warms up, and looks at the process and its tensors from then on.
 *
 * @returns what it grew by, in words
 */
async function repeat(times: number, work: () => Promise<void>): Promise<string> {
  const warm = times / 4;
  let [tensors, resident] = [0, 0];
  for (let i = 0; i < times; i++) {
    if (i === warm) [tensors, resident] = [tf.memory().numTensors, process.memoryUsage().rss];
    await work();
  }
  const growth = process.memoryUsage().rss - resident;
  assert.equal(tf.memory().numTensors, tensors, 'tensors pile up');
  assert.ok(growth < MOST_GROWTH, `the process grew by ${(growth / 2 ** 20).toFixed(1)} MB`);
  return `${(growth / 2 ** 20).toFixed(1)} MB more after ${times - warm} times`;
}

function compiled(net: TensorFlow.LayersModel) {
  const optimizer = new SGD({ lr: 0.01, momentum: 0.9 });
  const step = compileTraining(net, { optimizer, criterion: crossEntropy() });
  const images = tf.zeros<TensorFlow.Rank.R4>([BATCH, 32, 32, 3]);
  const labels = tf.zeros<TensorFlow.Rank.R1>([BATCH], 'int32');
  const rates = { lr: tf.tensor1d([optimizer.lr]), momentum: tf.tensor1d([optimizer.momentum]) };
  return {
    async step() {
      tf.dispose(await step({ ...rates, batches: [{ images, labels }] }));
    },
    dispose() {
      step.dispose();
      optimizer.dispose();
      tf.dispose({ images, labels, ...rates });
      net.dispose();
    },
  };
}

/** Tries each, and logs what the process grew by. */
export async function runLong(log: (line: string) => void): Promise<Tally> {
  const tally = new Tally(log);
  const training = compiled(resnet10({ width: 4 }));
  await tally.try('10,000 steps', async () => log(`  ${await repeat(10_000, training.step)}`));
  training.dispose();

  const net = resnet10({ width: 4 });
  const { test } = await loadCifar10({ sample: true });
  const loader = new DataLoader(test);
  await tally.try('200 evaluations', async () =>
    log(`  ${await repeat(200, async () => void (await evaluate(net, loader)))}`),
  );
  net.dispose();

  await tally.try('100 networks, made, trained and disposed', async () => {
    const growth = await repeat(100, async () => {
      const one = compiled(resnet10({ width: 16 }));
      await one.step();
      one.dispose();
    });
    log(`  ${growth}`);
  });
  return tally;
}
