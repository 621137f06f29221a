/** Training in mixed precision: losses near float32's, and a scale that keeps float16 in its range. */
import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { loadCifar10 } from '../../lib/data/cifar10';
import { DataLoader } from '../../lib/data/dataLoader';
import type { Dataset } from '../../lib/data/dataset';
import type { Precision } from '../../lib/engine/compile';
import { compile } from '../../lib/engine/compile';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { resnet18 } from '../../lib/models/resNet';
import { SGD } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { LossScale } from '../../lib/training/step/lossScale';
import { train } from '../../lib/training/train';
import { assertAllClose, numbers } from '../helpers/tensors';

let images: Dataset;

before(async () => {
  images = (await loadCifar10({ sample: true })).train.subset(96);
});

/** The losses of epochs of three steps. */
async function losses(precision: Precision, width = 4, lr = 0.02, epochs = 3): Promise<number[]> {
  const net = resnet18({ width });
  const optimizer = new SGD({ lr, momentum: 0.9 });
  const loader = new DataLoader(images, { batchSize: 32 });
  const history = await train(net, loader, loader, {
    epochs,
    optimizer,
    criterion: crossEntropy(),
    precision,
  });
  optimizer.dispose();
  net.dispose();
  return history.epochs.map(({ trainLoss }) => trainLoss);
}

describe('training in 16 bits', () => {
  test('training in 16 bits loses as float32 does, within what rounding explains', async () => {
    const expected = await losses('float32');
    assert.ok(expected[2] < expected[0], `${expected}`);
    assertAllClose(await losses('bfloat16'), expected, 0.05);
    assertAllClose(await losses('float16'), expected, 0.02);
  });
});

test('training by Winograd’s products loses as by those of the definition, over 51 steps', async () => {
  // At larger rates two runs part whose sums are only in another order.
  const expected = await losses('exact', 16, 0.0001, 17);
  assert.ok(expected[16] < expected[0], `${expected}`);
  assertAllClose(await losses('float32', 16, 0.0001, 17), expected, 1e-4);
});

test('training in the fastest precision loses as float32 does, within what rounding explains', async () => {
  assertAllClose(await losses('fast', 16, 0.001), await losses('exact', 16, 0.001), 0.01);
});

describe('the loss scale', () => {
  const scalar = (value: number) => tf.scalar(value) as TensorFlow.Scalar;

  test('the loss scale leaves a step out whose gradients overflow, and halves', async () => {
    const scale = new LossScale();
    const weight = tf.variable(tf.tensor1d([1, 2]), true, 'loss-scale-weight');
    const optimizer = new SGD({ lr: 0.1, momentum: 0.9, weightDecay: 0.1 });
    const step = compile(
      (gradient: TensorFlow.Tensor1D, lr: TensorFlow.Scalar, momentum: TensorFlow.Scalar) => {
        const loss = scale.apply(scalar(3));
        const scaled = tf.mul(gradient, scale.apply(scalar(1)));
        const removed = scale.remove([loss], { [weight.name]: scaled });
        optimizer.apply(removed.grads, [weight], { lr, momentum }, removed.finite);
        return { loss: removed.losses[0], scale: scale.apply(scalar(1)) };
      },
    );
    const run = async (gradient: number[]) => {
      const outputs = await step(tf.tensor1d(gradient), scalar(optimizer.lr), scalar(optimizer.momentum));
      return { loss: numbers(outputs.loss)[0], scale: numbers(outputs.scale)[0], weight: numbers(weight) };
    };
    // v = g + 0.1 w; w -= 0.1 v
    const first = await run([1, -1]);
    assert.equal(first.loss, 3);
    assert.equal(first.scale, 2 ** 15);
    assertAllClose(first.weight, [0.89, 2.08], 1e-6);
    const overflown = await run([Infinity, 0]);
    assert.equal(overflown.scale, 2 ** 14);
    assert.deepEqual(overflown.weight, first.weight);
    // v = 0.9 v + g + 0.1 w, with the v of the first step.
    const third = await run([0, 0]);
    assertAllClose(third.weight, [0.89 - 0.1 * (0.9 * 1.1 + 0.089), 2.08 - 0.1 * (0.9 * -0.8 + 0.208)], 1e-6);
    step.dispose();
    scale.dispose();
    optimizer.dispose();
    weight.dispose();
  });

  test('the loss scale grows after 2,000 steps without overflow', async () => {
    const scale = new LossScale();
    const step = compile(() => {
      const { finite } = scale.remove([scalar(1)], { g: tf.tensor1d([1]) });
      return { finite, scale: scale.apply(scalar(1)) };
    });
    for (let i = 1; i < 2000; i++) tf.dispose(await step());
    assert.equal(numbers(scale.apply(scalar(1)))[0], 2 ** 15);
    tf.dispose(await step());
    assert.equal(numbers(scale.apply(scalar(1)))[0], 2 ** 16);
    step.dispose();
    scale.dispose();
  });
});
