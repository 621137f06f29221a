/** A batch on several devices: two that the processor appears as, which any machine has. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import type { Dataset } from '../../lib/data/dataset';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError } from '../../lib/errors';
import { resnet18 } from '../../lib/models/resNet';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { gradientsOf, parameters } from '../../lib/training/step/gradients';
import { compileTraining } from '../../lib/training/step/trainingStep';
import { train } from '../../lib/training/train';
import { assertAllClose, numbers } from '../helpers/tensors';

const BATCH = 13;
const LEARNING_RATE = 0.1;

let images: Dataset;
let batch: { images: TensorFlow.Tensor4D; labels: TensorFlow.Tensor1D };

before(async () => {
  images = (await loadCifar10({ sample: true })).train.subset(40);
  [batch] = new DataLoader(images, { batchSize: BATCH });
});

function plainNet(): TensorFlow.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({
        inputShape: [32, 32, 3],
        filters: 8,
        kernelSize: 3,
        strides: 4,
        activation: 'relu',
        kernelInitializer: tf.initializers.heNormal({ seed: 1 }),
      }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 10, kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }) }),
    ],
  });
}

/** A network with batch normalization and no ReLU, whose gradient may depend on the last bit of what it rectifies. */
function smoothNet(): TensorFlow.LayersModel {
  const convolution = (seed: number, strides: number) =>
    tf.layers.conv2d({
      inputShape: [32, 32, 3],
      filters: 8,
      kernelSize: 3,
      strides,
      useBias: false,
      kernelInitializer: tf.initializers.heNormal({ seed }),
    });
  return tf.sequential({
    layers: [
      convolution(1, 4),
      tf.layers.batchNormalization({}),
      tf.layers.activation({ activation: 'tanh' }),
      convolution(2, 1),
      tf.layers.batchNormalization({}),
      tf.layers.activation({ activation: 'tanh' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 10, kernelInitializer: tf.initializers.glorotUniform({ seed: 3 }) }),
    ],
  });
}

/** One step of plain gradient descent: the loss, how many were right, the weights after it, and which devices convolved. */
async function stepOn(make: () => TensorFlow.LayersModel, devices: string[]) {
  const net = make();
  const optimizer = new SGD({ lr: LEARNING_RATE });
  const step = compileTraining(net, { optimizer, criterion: crossEntropy(), devices });
  const inputs = { lr: tf.tensor1d([LEARNING_RATE]), momentum: tf.tensor1d([0]), batches: [batch] };
  const { loss, correct } = await step(inputs);
  const weights = net.getWeights().map(numbers);
  const convolved = (await step.operationCosts(inputs))
    .filter(({ operation }) => /Conv2D(Moments)?$/.test(operation))
    .map(({ device }) => device);
  step.dispose();
  optimizer.dispose();
  return { loss: numbers(loss)[0], correct: numbers(correct)[0], weights, convolved: convolved.sort() };
}

const TWO = ['cpu:0', 'cpu:1'];

describe('training on several devices', () => {
  test('training on several devices takes the step of one device, where nothing depends on the batch as a whole', async () => {
    const one = await stepOn(plainNet, []);
    const two = await stepOn(plainNet, TWO);
    assert.deepEqual(two.convolved, TWO);
    assertAllClose([two.loss], [one.loss], 1e-5);
    assert.equal(two.correct, one.correct);
    two.weights.forEach((values, i) => {
      assertAllClose(values, one.weights[i], 1e-5);
    });
  });

  test('training on several devices gives the same bits wherever the parts are computed', async () => {
    const make = () => resnet18({ width: 4 });
    const two = await stepOn(make, TWO);
    const once = await stepOn(make, ['cpu:0', 'cpu:0']);
    assert.deepEqual({ ...once, convolved: TWO }, two);
  });

  test('training on several devices averages gradients, and keeps the statistics of the first part, as nn.DataParallel does', async () => {
    const { weights } = await stepOn(() => resnet18({ width: 4 }), TWO);
    const net = resnet18({ width: 4 });
    const params = parameters(net);
    const [first, second] = [7, 6].map((length, i) => {
      const part = {
        images: tf.slice(batch.images, [7 * i, 0, 0, 0], [length, -1, -1, -1]),
        labels: tf.slice(batch.labels, [7 * i], [length]),
      };
      const statistics = net.nonTrainableWeights.map((weight) => tf.clone(weight.read()));
      const { grads } = gradientsOf(net, part, crossEntropy());
      // The second part's own statistics are taken back.
      if (i === 1) net.nonTrainableWeights.forEach((weight, w) => void weight.write(statistics[w]));
      return grads;
    });
    for (const param of params) {
      const mean = tf.add(tf.mul(first[param.name], 7 / BATCH), tf.mul(second[param.name], 6 / BATCH));
      param.assign(tf.sub(param, tf.mul(mean, LEARNING_RATE)));
    }
    net.getWeights().forEach((weight, i) => {
      assertAllClose(weights[i], numbers(weight), 2e-5);
    });
  });

  test('training on several devices with syncBatchNorm takes the steps of one device', async () => {
    const trained = async (devices: string[], syncBatchNorm: boolean) => {
      const net = smoothNet();
      const optimizer = new SGD({ lr: 0.05, momentum: 0.9 });
      const settings = { optimizer, criterion: crossEntropy(), devices, syncBatchNorm };
      const step = compileTraining(net, settings);
      const losses: number[] = [];
      // 13 images: parts of 7 and 6, or of 5, 5 and 3.
      for (let i = 0; i < 4; i++) {
        const inputs = { lr: tf.tensor1d([0.05]), momentum: tf.tensor1d([0.9]), batches: [batch] };
        losses.push(...numbers((await step(inputs)).loss));
      }
      step.dispose();
      optimizer.dispose();
      return { losses, weights: net.getWeights().map(numbers) };
    };
    const one = await trained([], false);
    for (const devices of [TWO, [...TWO, 'cpu:2'], ['cpu:0', 'cpu:0']]) {
      const several = await trained(devices, true);
      assertAllClose(several.losses, one.losses, 1e-5);
      several.weights.forEach((values, i) => {
        assertAllClose(values, one.weights[i], 1e-4);
      });
    }
    const own = await trained(TWO, false);
    assert.ok(Math.abs(own.losses[0] - one.losses[0]) > 1e-3, `${own.losses} and ${one.losses}`);
  });

  test('training on several devices with syncBatchNorm takes several batches a step and several steps a call, and is refused without devices', async () => {
    const loader = new DataLoader(images.subset(24), { batchSize: 6 });
    const options = { epochs: 1, criterion: crossEntropy(), syncBatchNorm: true };
    const loss = async (more: object) => {
      const optimizer = new SGD({ lr: 0.01 });
      const { epochs } = await train(resnet18({ width: 4, seed: 1 }), loader, loader, {
        ...options,
        optimizer,
        ...more,
      });
      return epochs[0].trainLoss;
    };
    const [plain, together] = [
      await loss({ devices: TWO }),
      await loss({ devices: TWO, stepsPerExecution: 2 }),
    ];
    assertAllClose([together], [plain], 1e-5);
    assert.ok(Number.isFinite(await loss({ devices: TWO, accumulate: 2 })));
    assertAllClose([await loss({ devices: TWO, check: true })], [plain], 1e-5);
    await assert.rejects(loss({}), ConfigError);
    const dense = tf.sequential({
      layers: [
        tf.layers.flatten({ inputShape: [32, 32, 3] }),
        tf.layers.batchNormalization({}),
        tf.layers.dense({ units: 10 }),
      ],
    });
    await assert.rejects(
      train(dense, loader, loader, { ...options, optimizer: new SGD({ lr: 0.01 }), devices: TWO }),
      /syncBatchNorm is for images/,
    );
  });

  test('training on several devices trains whole epochs, last batches of fewer images than devices included', async () => {
    const net = resnet18({ width: 4 });
    const loader = new DataLoader(images.subset(25), { batchSize: 12 });
    const options = { epochs: 2, optimizer: new SGD({ lr: 0.01 }), criterion: crossEntropy() };
    const { epochs } = await train(net, loader, loader, { ...options, devices: ['cpu:0', 'cpu:1', 'cpu:2'] });
    assert.equal(epochs.length, 2);
    assert.ok(epochs.every(({ trainLoss }) => Number.isFinite(trainLoss)));
    await assert.rejects(train(net, loader, loader, { ...options, devices: ['tpu:0'] }), ConfigError);
  });
});
