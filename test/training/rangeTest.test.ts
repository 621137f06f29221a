/** The learning-rate range test, against the same steps in plain TensorFlow.js. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError, ModelError } from '../../lib/errors';
import { resnet10 } from '../../lib/models/resNet';
import { learningRateRangeTest } from '../../lib/training/learningRateRangeTest';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { assertAllClose, numbers } from '../helpers/tensors';

const criterion = crossEntropy();
let loader: DataLoader;

before(async () => {
  const { train } = await loadCifar10({ sample: true });
  // Three batches an epoch, so that six steps take two of them.
  loader = new DataLoader(train.subset(96), { batchSize: 32, shuffle: true });
});

function linearNet(): TensorFlow.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [32, 32, 3] }),
      tf.layers.dense({
        units: 10,
        kernelInitializer: tf.initializers.randomNormal({ stddev: 0.01, seed: 1 }),
      }),
    ],
  });
}

/** Losses of plain gradient descent with the given rates. */
function plainLosses(net: TensorFlow.LayersModel, rates: number[]): number[] {
  const [kernel, bias] = net.getWeights().map((weight) => tf.variable(weight));
  const batches = [...new DataLoader(loader.dataset, { batchSize: 32, shuffle: true })];
  const secondEpoch = new DataLoader(loader.dataset, { batchSize: 32, shuffle: true });
  secondEpoch.epoch = 1;
  batches.push(...secondEpoch);
  return rates.map((rate, i) => {
    const { images, labels } = batches[i];
    const { value, grads } = tf.variableGrads(() => {
      const logits = images.reshape([32, -1]).matMul(kernel).add(bias) as TensorFlow.Tensor2D;
      return tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 10), logits) as TensorFlow.Scalar;
    }, [kernel, bias]);
    for (const variable of [kernel, bias]) variable.assign(variable.sub(grads[variable.name].mul(rate)));
    return value.dataSync()[0];
  });
}

test('takes a step at each rate, which rise by one factor, over one epoch and the next', async () => {
  const net = linearNet();
  const { learningRates, losses, smoothedLosses } = await learningRateRangeTest(net, loader, {
    criterion,
    minLr: 1e-5,
    maxLr: 1e-2,
    steps: 6,
  });
  assertAllClose(
    learningRates,
    [0, 1, 2, 3, 4, 5].map((i) => 10 ** (-5 + 0.6 * i)),
    1e-9,
  );
  assertAllClose(losses, plainLosses(net, learningRates), 1e-5);
  const [a, b, c] = losses;
  assertAllClose(
    smoothedLosses.slice(0, 3),
    [a, (0.09 * a + 0.1 * b) / 0.19, (0.081 * a + 0.09 * b + 0.1 * c) / 0.271],
    1e-9,
  );
});

test('leaves the network, the loader and the memory as they were', async () => {
  const net = resnet10({ width: 4 });
  const weights = net.getWeights().map(numbers);
  loader.epoch = 5;
  const tensors = tf.memory().numTensors;
  const options = { criterion, optimizer: { momentum: 0.9, nesterov: true }, steps: 3 };
  const first = await learningRateRangeTest(net, loader, options);
  assert.equal(tf.memory().numTensors, tensors);
  assert.deepEqual(net.getWeights().map(numbers), weights);
  assert.equal(loader.epoch, 5);
  assert.deepEqual(await learningRateRangeTest(net, loader, options), first, 'so it can be repeated');
});

test('ends where the loss climbs far, or is a number no more', async () => {
  const { losses } = await learningRateRangeTest(linearNet(), loader, { criterion, minLr: 1, maxLr: 1e30 });
  assert.ok(losses.length < 20, `${losses.length} steps`);
  assert.ok(losses.every(Number.isFinite));
});

test('refuses rates that don’t rise, and a network of other images', async () => {
  const net = linearNet();
  await assert.rejects(learningRateRangeTest(net, loader, { criterion, minLr: 1, maxLr: 0.1 }), ConfigError);
  await assert.rejects(learningRateRangeTest(net, loader, { criterion, minLr: 0 }), ConfigError);
  await assert.rejects(learningRateRangeTest(net, loader, { criterion, steps: 1 }), /1 steps can't lead/);
  const other = resnet10({ width: 4, numClasses: 2 });
  await assert.rejects(learningRateRangeTest(other, loader, { criterion }), ModelError);
});
