/** The loss and the optimizer against PyTorch's (test/fixtures/pytorch/make_cross_entropy.py, make_sgd.py). */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile } from '../../lib/engine/compile';
import { installKernels } from '../../lib/engine/kernels/install';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError } from '../../lib/errors';
import { SGD, type SGDOptions } from '../../lib/training/optimizer/sgd';
import { crossEntropy } from '../../lib/training/step/crossEntropy';
import { fixture } from '../fixtures/pytorch/fixture';
import { numbersFrom } from '../fixtures/pytorch/numbersFrom';

installKernels();

const losses =
  fixture<{ bound: number; labels: number[]; labelSmoothing: number; loss: number; gradient: number[] }[]>(
    'cross_entropy',
  );
const problems =
  fixture<{ options: SGDOptions; steps: { loss: number; weight: number[]; bias: number[] }[] }[]>('sgd');

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string): void {
  assert.equal(actual.length, expected.length);
  for (let i = 0; i < actual.length; i++) {
    const error = Math.abs(actual[i] - expected[i]);
    assert.ok(
      error <= 1e-5 * Math.abs(expected[i]) + 1e-6,
      `${what}[${i}] is ${actual[i]}, not ${expected[i]}`,
    );
  }
}

describe('crossEntropy equals PyTorch', () => {
  for (const { bound, labels, labelSmoothing, loss, gradient } of losses) {
    test(`crossEntropy equals PyTorch: logits up to ${bound}, label smoothing ${labelSmoothing}`, () => {
      const logits = tf.tensor2d(numbersFrom('logits', 60, bound), [6, 10]);
      const criterion = crossEntropy({ labelSmoothing });
      const { value, grad } = tf.valueAndGrad((x: TensorFlow.Tensor) =>
        criterion(x as TensorFlow.Tensor2D, tf.tensor1d(labels, 'int32')),
      )(logits);
      assertClose(value.dataSync(), [loss], 'loss');
      assertClose(grad.dataSync(), gradient, 'gradient');
    });
  }

  test('crossEntropy equals PyTorch: a labelSmoothing out of range is told', () => {
    for (const labelSmoothing of [-0.1, 1.1, Number.NaN]) {
      assert.throws(() => crossEntropy({ labelSmoothing }), ConfigError);
    }
  });
});

describe('SGD equals PyTorch', () => {
  for (const { options, steps } of problems) {
    test(`SGD equals PyTorch: ${JSON.stringify(options)}`, async () => {
      const x = tf.tensor2d(numbersFrom('x', 64), [16, 4]);
      const y = tf.tensor2d(numbersFrom('y', 48), [16, 3]);
      const weight = tf.variable(tf.tensor2d(numbersFrom('weight', 12), [4, 3]));
      const bias = tf.variable(tf.tensor1d(numbersFrom('bias', 3)));
      const optimizer = new SGD(options);
      const step = compile((lr: TensorFlow.Scalar, momentum: TensorFlow.Scalar) => {
        const { value, grads } = tf.variableGrads(
          () => tf.mean(tf.squaredDifference(tf.add(tf.matMul(x, weight), bias), y)) as TensorFlow.Scalar,
          [weight, bias],
        );
        optimizer.apply(grads, [weight, bias], { lr, momentum });
        return value;
      });
      const tensors = tf.memory().numTensors;
      for (const [i, expected] of steps.entries()) {
        if (i === 6) {
          optimizer.lr *= 0.5;
          if (options.momentum) optimizer.momentum = 0.8;
        }
        const [lr, momentum] = [tf.scalar(optimizer.lr), tf.scalar(optimizer.momentum)];
        const loss = await step(lr, momentum);
        assertClose(loss.dataSync(), [expected.loss], `loss of step ${i}`);
        assertClose(weight.dataSync(), expected.weight, `weight after step ${i}`);
        assertClose(bias.dataSync(), expected.bias, `bias after step ${i}`);
        tf.dispose([lr, momentum, loss]);
      }
      step.dispose();
      assert.equal(tf.memory().numTensors, tensors + 3, 'the velocities, and the count of steps');
      optimizer.dispose();
      assert.equal(tf.memory().numTensors, tensors);
    });
  }

  test('SGD equals PyTorch: settings out of range are told', () => {
    const bad = [
      { lr: Number.NaN },
      { lr: -0.1 },
      { lr: Number.POSITIVE_INFINITY },
      { lr: 0.1, momentum: -0.9 },
      { lr: 0.1, momentum: Number.NaN },
      { lr: 0.1, weightDecay: -5e-4 },
      { lr: 0.1, nesterov: true },
    ];
    for (const options of bad) assert.throws(() => new SGD(options), ConfigError);
    const optimizer = new SGD({ lr: 0.1 });
    assert.throws(() => {
      optimizer.lr = Number.NaN;
    }, ConfigError);
  });
});
