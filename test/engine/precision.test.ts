/** Mixed precision: convolutions and products in 16 bits, everything else and every result in float32. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile, type Precision } from '../../lib/engine/compile';
import { batchNormTraining } from '../../lib/engine/kernels/batchNorm';
import { choose, orZeros } from '../../lib/engine/operations/choose';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { ConfigError } from '../../lib/errors';
import { resnet10 } from '../../lib/models/resNet';
import { asOnGpu } from '../helpers/asOnGpu';
import { assertAllClose, numbers } from '../helpers/tensors';

const x = tf.randomNormal([4, 8, 8, 16], 0, 1, 'float32', 1) as TensorFlow.Tensor4D;
const filter = tf.randomNormal([3, 3, 16, 32], 0, 0.1, 'float32', 2) as TensorFlow.Tensor4D;
const weights = tf.randomNormal([32, 10], 0, 0.1, 'float32', 3) as TensorFlow.Tensor2D;

/** A convolution and a product with their gradients. */
function step(a: TensorFlow.Tensor4D, b: TensorFlow.Tensor4D, c: TensorFlow.Tensor2D): TensorFlow.Tensor[] {
  const f = (...inputs: TensorFlow.Tensor[]) => {
    const features = tf.conv2d(inputs[0] as TensorFlow.Tensor4D, inputs[1] as TensorFlow.Tensor4D, 1, 'same');
    return tf.matMul(tf.mean(features, [1, 2]) as TensorFlow.Tensor2D, inputs[2] as TensorFlow.Tensor2D);
  };
  return [f(a, b, c), ...tf.grads(f)([a, b, c])];
}

/** The largest difference over the largest number. */
function difference(actual: number[], expected: number[]): number {
  const most = (values: number[]) => Math.max(...values.map(Math.abs));
  return most(actual.map((value, i) => value - expected[i])) / most(expected);
}

describe('a step in mixed precision', () => {
  // Half of the last bit: 8 bits of bfloat16, 11 of float16.
  const rounding: [Precision, number][] = [
    ['bfloat16', 2 ** -9],
    ['float16', 2 ** -12],
  ];
  for (const [precision, error] of rounding) {
    test(`a step in mixed precision differs from float32 by the rounding of ${precision}, and gives float32`, async () => {
      const compiled = compile(step, { precision });
      const outputs = await compiled(x, filter, weights);
      step(x, filter, weights).forEach((expected, i) => {
        assert.equal(outputs[i].dtype, 'float32');
        const actual = difference(numbers(outputs[i]), numbers(expected));
        assert.ok(actual > error / 100 && actual < 4 * error, `output ${i} differs by ${actual}`);
      });
      const casts = (await compiled.operationCosts(x, filter, weights)).filter(
        ({ operation }) => operation === 'Cast',
      );
      assert.ok(casts[0].count >= 8, `${casts[0].count} casts`);
      compiled.dispose();
    });
  }

  test('a step in mixed precision adds up in float32, from factors of 8 bits to a result of 8 bits', async () => {
    const product = compile((a: TensorFlow.Tensor2D, b: TensorFlow.Tensor2D) => tf.matMul(a, b), {
      precision: 'bfloat16',
    });
    // 4,096 times 2 ** -12 beside 1, which a sum in 8 bits would lose; 1 + 2 ** -9 lies halfway and rounds to 1, the even one.
    const factors = tf.tensor2d([1 + 2 ** -9, ...new Array(4096).fill(2 ** -12)], [1, 4097]);
    const [sum] = numbers(await product(factors, tf.ones([4097, 1])));
    assert.equal(sum, 2);
    // 1 + 2 ** -8 as a result lies halfway too.
    const [rounded] = numbers(await product(tf.tensor2d([[1, 2 ** -8]]), tf.ones([2, 1])));
    assert.equal(rounded, 1);
    product.dispose();
  });

  test('a step in mixed precision rounds a factor once, however often it is used', async () => {
    const twice = compile(
      (a: TensorFlow.Tensor2D) => tf.add(tf.matMul(a, a), tf.matMul(a, tf.transpose(a))),
      {
        precision: 'bfloat16',
      },
    );
    const square = tf.ones([4, 4]) as TensorFlow.Tensor2D;
    assertAllClose(numbers(await twice(square)), new Array(16).fill(8), 0);
    twice.dispose();
  });

  test('a step in mixed precision is float32 by name and by default', async () => {
    const compiled = compile(step, { precision: 'float32' });
    const outputs = await compiled(x, filter, weights);
    step(x, filter, weights).forEach((expected, i) => {
      assert.ok(difference(numbers(outputs[i]), numbers(expected)) < 1e-5);
    });
    compiled.dispose();
  });

  test('a step in mixed precision is refused where it is none, or needs a record', () => {
    assert.throws(
      () => compile(step, { precision: 'float8' as Precision }),
      /precision is 'float8'.*\n.*bfloat16/,
    );
    assert.throws(() => compile(step, { precision: 'float16', compile: false }), ConfigError);
  });
});

/** Two convolutions with normalization, ReLU, a shortcut and pooling, as residual networks have them. */
function block(a: TensorFlow.Tensor4D, b: TensorFlow.Tensor4D): TensorFlow.Tensor[] {
  const state = {
    scale: tf.ones([16]),
    offset: tf.zeros([16]),
    mean: tf.zeros([16]),
    variance: tf.ones([16]),
  };
  const f = (...[image, kernel]: TensorFlow.Tensor[]) => {
    const convolved = (input: TensorFlow.Tensor) => {
      const y = tf.conv2d(input as TensorFlow.Tensor4D, kernel as TensorFlow.Tensor4D, 1, 'same');
      return batchNormTraining(y, state, { epsilon: 1e-5, momentum: 0.9 }).y;
    };
    const first = tf.relu(convolved(image));
    const sum = tf.relu(tf.add(convolved(first), first)) as TensorFlow.Tensor4D;
    const pooled = tf.avgPool(tf.maxPool(sum, 2, 2, 'valid'), 4, 4, 'valid');
    return tf.matMul(tf.reshape(pooled, [-1, 16]), tf.ones([16, 10]).mul(0.1));
  };
  return [f(a, b), ...tf.grads(f)([a, b])];
}

/** The length of the difference over the length of what is right. */
function relativeError(actual: number[], expected: number[]): number {
  const length = (values: number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  return length(actual.map((value, i) => value - expected[i])) / length(expected);
}

describe('a step in mixed precision on a GPU', () => {
  const kernel = tf.randomNormal([3, 3, 16, 16], 0, 0.1, 'float32', 4) as TensorFlow.Tensor4D;

  test('a step in mixed precision on a GPU keeps 16 bits between its convolutions, and gives float32', async () => {
    const exact = block(x, kernel).map(numbers);
    const onCpu = compile(block, { precision: 'bfloat16' });
    const emulated = (await onCpu(x, kernel)).map(numbers);
    onCpu.dispose();
    await asOnGpu(async () => {
      const compiled = compile(block, { precision: 'bfloat16' });
      const outputs = await compiled(x, kernel);
      outputs.forEach((output, i) => {
        assert.equal(output.dtype, 'float32');
        // Where a ReLU's argument is near 0, rounding decides what passes: float32 between the convolutions doesn't help much.
        const [error, least] = [numbers(output), emulated[i]].map((values) =>
          relativeError(values, exact[i]),
        );
        assert.ok(error > 0 && error < 2 * least, `output ${i} differs by ${error}, in float32 by ${least}`);
      });
      const text = compiled.toString();
      for (const op of [
        'Conv2D',
        'FusedBatchNormV3',
        'Relu',
        'Add',
        'MaxPool',
        'AvgPool',
        'ReluGrad',
        'MaxPoolGrad',
      ]) {
        const lines = text.split('\n').filter((line) => line.includes(` = ${op}(`));
        assert.ok(lines.length > 0, op);
        for (const line of lines) assert.match(line, /%\d+: bfloat16\[/);
      }
      compiled.dispose();
    });
  });

  test('a step in mixed precision on a GPU keeps 16 bits in every block of a residual network, forward and backward', () =>
    asOnGpu(async () => {
      const net = resnet10({ width: 4, seed: 1 });
      const step = compile(
        (images: TensorFlow.Tensor4D) => {
          const loss = () =>
            tf.mean(net.apply(images, { training: true }) as TensorFlow.Tensor) as TensorFlow.Scalar;
          return tf.variableGrads(loss).grads;
        },
        { precision: 'bfloat16' },
      );
      await step(tf.ones([4, 32, 32, 3]));
      for (const op of [
        'FusedBatchNormV3',
        'FusedBatchNormGradV3',
        'Relu',
        'ReluGrad',
        'Conv2DBackpropFilter',
      ]) {
        const lines = step
          .toString()
          .split('\n')
          .filter((line) => line.includes(` = ${op}(`));
        assert.ok(lines.length >= 8, `${op}: ${lines.length}`);
        for (const line of lines) assert.match(line, /%\d+: bfloat16\[/);
      }
      step.dispose();
    }));

  test('a step in mixed precision on a GPU leaves weights, and numbers beside products, as they are', () =>
    asOnGpu(async () => {
      const compiled = compile(
        (weights: TensorFlow.Tensor2D, gradient: TensorFlow.Tensor2D, number: TensorFlow.Scalar) => {
          const product = tf.matMul(weights, gradient);
          return [tf.add(weights, product), tf.reshape(weights, [2]), tf.add(tf.sum(product), number)];
        },
        { precision: 'bfloat16' },
      );
      const small = 2 ** -12;
      const weights = tf.tensor2d([[1, 1 + small]]);
      const outputs = await compiled(
        weights,
        tf.tensor2d([
          [small, 0],
          [0, small],
        ]),
        tf.scalar(1 + small),
      );
      assertAllClose(numbers(outputs[0]), [1 + small, 1 + 2 * small], 1e-7);
      assertAllClose(numbers(outputs[1]), [1, 1 + small], 1e-7);
      assertAllClose(numbers(outputs[2]), [1 + 3 * small], 1e-6);
      compiled.dispose();
    }));

  test('a step in mixed precision on a GPU computes in float32 what no convolution or product gave', () =>
    asOnGpu(async () => {
      const compiled = compile((a: TensorFlow.Tensor) => tf.relu(tf.add(a, 1)), { precision: 'bfloat16' });
      assertAllClose(numbers(await compiled(tf.tensor1d([1e-4, -2]))), [1 + 1e-4, 0], 1e-7);
      compiled.dispose();
    }));

  test('a step on a GPU chooses without a branch, which would wait for the processor', () =>
    asOnGpu(async () => {
      const compiled = compile((condition: TensorFlow.Scalar, a: TensorFlow.Tensor1D) => [
        choose(condition, a, tf.neg(a)),
        orZeros(condition, a),
      ]);
      const nan = tf.tensor1d([1, Number.NaN]);
      const [chosen, none] = await compiled(tf.scalar(false, 'bool'), nan);
      assert.deepEqual(numbers(chosen), [-1, Number.NaN]);
      assert.deepEqual(numbers(none), [0, 0]);
      const [, all] = await compiled(tf.scalar(true, 'bool'), nan);
      assert.deepEqual(numbers(all), [1, Number.NaN]);
      assert.doesNotMatch(compiled.toString(), /Switch|Merge/);
      compiled.dispose();
    }));
});
