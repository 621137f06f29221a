/** The library's batch normalization: its numbers against TensorFlow's, and what a recorded step fuses with it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile } from '../../lib/engine/compile';
import { batchNormTraining } from '../../lib/engine/kernels/batchNorm';
import { installKernels } from '../../lib/engine/kernels/install';
import { applyMomentum } from '../../lib/engine/operations/momentum';
import { nativeBackend, typeAttribute } from '../../lib/engine/runtime/backend';
import { hasNativeOperations } from '../../lib/engine/runtime/session';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { assertAllClose, numbers } from '../helpers/tensors';

installKernels();

type Shape = [number, number, number, number];

const EPSILON = 1e-5;
const MOMENTUM = 0.9;

/** TensorFlow's own operation, or its gradient. */
function reference(op: string, inputs: TensorFlow.Tensor[], outputs: number): TensorFlow.Tensor[] {
  const backend = nativeBackend();
  const { binding } = backend;
  const forward = [{ name: 'exponential_avg_factor', type: binding.TF_ATTR_FLOAT, value: 1 - MOMENTUM }];
  return backend.executeMultipleOutputs(
    op,
    [
      typeAttribute('T', binding.TF_FLOAT),
      typeAttribute('U', binding.TF_FLOAT),
      { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: EPSILON },
      { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
      { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
      ...(op === 'FusedBatchNormV3' ? forward : []),
    ],
    inputs,
    outputs,
  );
}

/** An image far from zero, and the parameters and statistics of its channels. */
function example(shape: Shape) {
  const channels = [shape[3]];
  return {
    x: tf.add(tf.randomNormal(shape, 0, 2, 'float32', 1), 3) as TensorFlow.Tensor4D,
    scale: tf.randomUniform(channels, 0.5, 1.5, 'float32', 2),
    offset: tf.randomNormal(channels, 0, 1, 'float32', 3),
    mean: tf.randomNormal(channels, 0, 1, 'float32', 4),
    variance: tf.randomUniform(channels, 0.5, 1.5, 'float32', 5),
  };
}

function normalize(x: TensorFlow.Tensor, scale: TensorFlow.Tensor, offset: TensorFlow.Tensor) {
  const state = { scale, offset, mean: tf.zeros(offset.shape), variance: tf.ones(offset.shape) };
  return batchNormTraining(x as TensorFlow.Tensor4D, state, { epsilon: EPSILON, momentum: MOMENTUM }).y;
}

// Channels that vectors of eight divide and don't, fewer numbers than a row has, more than a chunk has.
const SHAPES: Shape[] = [
  [2, 3, 3, 5],
  [4, 8, 8, 16],
  [16, 32, 32, 16],
  [3, 41, 37, 13],
  [1, 1, 2, 8],
  [64, 4, 4, 136],
  [2, 2, 2, 2048],
];

const skip = hasNativeOperations() ? false : 'this processor does without the native operations';

describe('the native batch normalization', { skip }, () => {
  for (const shape of SHAPES) {
    test(`the native batch normalization gives TensorFlow's numbers, and its gradients: [${shape}]`, () =>
      tf.tidy(() => {
        const { x, scale, offset, mean, variance } = example(shape);
        const dy = tf.randomNormal(shape, 0, 1, 'float32', 6);
        const [y, nextMean, nextVariance, ...saved] = reference(
          'FusedBatchNormV3',
          [x, scale, offset, mean, variance],
          6,
        );
        const options = { epsilon: EPSILON, momentum: MOMENTUM };
        const actual = batchNormTraining(x, { scale, offset, mean, variance }, options);
        assertAllClose(numbers(actual.y), numbers(y), 1e-4);
        assertAllClose(numbers(actual.mean), numbers(nextMean), 1e-5);
        assertAllClose(numbers(actual.variance), numbers(nextVariance), 1e-5);
        const gradients = tf.grads(normalize)([x, scale, offset], dy);
        const expected = reference('FusedBatchNormGradV3', [dy, x, scale, ...saved], 5);
        gradients.forEach((gradient, i) => {
          assertAllClose(numbers(gradient), numbers(expected[i]), 1e-4);
        });
      }));
  }

  test('the native batch normalization keeps its precision far from zero', () => {
    const x = tf.add(tf.randomNormal([64, 8, 8, 16], 0, 1, 'float32', 1), 1000) as TensorFlow.Tensor4D;
    const y = normalize(x, tf.ones([16]), tf.zeros([16]));
    const { mean, variance } = tf.moments(y, [0, 1, 2]);
    assertAllClose(numbers(mean), new Array(16).fill(0), 1e-3);
    assertAllClose(numbers(variance), new Array(16).fill(1), 1e-3);
  });
});

describe('a recorded step with batch normalization', { skip }, () => {
  type Layer = (
    x: TensorFlow.Tensor,
    scale: TensorFlow.Tensor,
    offset: TensorFlow.Tensor,
  ) => TensorFlow.Tensor;
  const { x, scale, offset } = example([6, 9, 9, 19]);
  const dy = tf.randomNormal(x.shape, 0, 1, 'float32', 7);

  /** Output and gradients of a layer, eager and recorded, which have to agree; and the operations that ran. */
  async function operationsOf(layer: Layer): Promise<string[]> {
    const step = (...inputs: TensorFlow.Tensor[]) => [
      layer(inputs[0], inputs[1], inputs[2]),
      ...tf.grads(layer)(inputs.slice(0, 3), inputs[3]),
    ];
    const compiled = compile(step);
    const inputs = [x, scale, offset, dy];
    const expected = step(...inputs);
    (await compiled(...inputs)).forEach((tensor, i) => {
      assertAllClose(numbers(tensor), numbers(expected[i]), 1e-5);
    });
    const operations = (await compiled.operationCosts(...inputs)).map(({ operation }) => operation);
    compiled.dispose();
    return operations;
  }

  test('a recorded step with batch normalization rectifies in the same operation, and the gradient too', async () => {
    const operations = await operationsOf((...args) => tf.relu(normalize(...args)));
    assert.ok(operations.includes('BatchNormGradient'), operations.join());
    assert.ok(!operations.some((name) => name.startsWith('Relu')), operations.join());
  });

  test('a recorded step with batch normalization adds a shortcut in the same operation, on either side', async () => {
    const left = await operationsOf((a, b, c) => tf.relu(tf.add(normalize(a, b, c), a)));
    const right = await operationsOf((a, b, c) => tf.relu(tf.add(a, normalize(a, b, c))));
    for (const operations of [left, right]) {
      assert.ok(operations.includes('BatchNormApplyAdd'), operations.join());
      assert.ok(!operations.includes('BatchNormApply'), operations.join());
      assert.ok(!operations.includes('Relu'), operations.join());
    }
  });

  test('a recorded step with batch normalization keeps apart what is of another shape, or needed as it is', async () => {
    await operationsOf((a, b, c) => tf.relu(tf.add(normalize(a, b, c), c)));
    await operationsOf((a, b, c) => {
      const y = normalize(a, b, c);
      return tf.add(tf.relu(y), tf.mul(y, 2));
    });
    await operationsOf((a, b, c) => {
      const y = tf.relu(normalize(a, b, c));
      return tf.mul(tf.relu(normalize(y, b, c)), y);
    });
  });

  test('a recorded step with batch normalization adds and rectifies in inference too', async () => {
    const [mean, variance] = [tf.fill([19], 2), tf.fill([19], 3)];
    const layer = (a: TensorFlow.Tensor4D) =>
      tf.relu(
        tf.add(
          tf.batchNorm4d(
            a,
            mean as TensorFlow.Tensor1D,
            variance as TensorFlow.Tensor1D,
            offset as TensorFlow.Tensor1D,
            scale as TensorFlow.Tensor1D,
            EPSILON,
          ),
          a,
        ),
      );
    const step = compile(layer);
    const expected = tf.relu(
      tf.add(tf.add(tf.mul(tf.div(tf.sub(x, 2), Math.sqrt(3 + EPSILON)), scale), offset), x),
    );
    assertAllClose(numbers(layer(x)), numbers(expected), 1e-5);
    assertAllClose(numbers(await step(x)), numbers(expected), 1e-5);
    const operations = (await step.operationCosts(x)).map(({ operation }) => operation);
    assert.ok(operations.includes('BatchNormApplyAdd'), operations.join());
    assert.ok(!operations.some((name) => /^Add|^Relu/.test(name) && name !== 'AddV2'), operations.join());
    step.dispose();
  });

  const filter = tf.randomNormal([3, 3, 19, 19], 0, 0.1, 'float32', 8) as TensorFlow.Tensor4D;
  const convolve = (a: TensorFlow.Tensor) => tf.conv2d(a as TensorFlow.Tensor4D, filter, 1, 'same');

  test("a recorded step with batch normalization sums a convolution's result in the same operation", async () => {
    const operations = await operationsOf((a, b, c) => normalize(convolve(a), b, c));
    assert.ok(operations.includes('DirectConv2DMoments'), operations.join());
    assert.ok(!operations.includes('DirectConv2D'), operations.join());
    assert.ok(!operations.includes('BatchNormMoments'), operations.join());
  });

  test('a recorded step with batch normalization computes a convolution once that is used for something else too', async () => {
    const before = await operationsOf((a, b, c) => {
      const y = convolve(a);
      const doubled = tf.mul(y, 2);
      return tf.add(normalize(y, b, c), doubled);
    });
    assert.ok(before.includes('DirectConv2D') && before.includes('BatchNormMoments'), before.join());
    assert.ok(!before.includes('DirectConv2DMoments'), before.join());
    const after = await operationsOf((a, b, c) => {
      const y = convolve(a);
      return tf.add(normalize(y, b, c), tf.mul(y, 2));
    });
    assert.ok(after.includes('DirectConv2DMoments') && !after.includes('DirectConv2D'), after.join());
  });

  test('a recorded step with batch normalization sums a convolution far from zero as precisely as its own image', async () => {
    const image = tf.add(tf.randomNormal([16, 16, 16, 16], 0, 1, 'float32', 9), 1000) as TensorFlow.Tensor4D;
    const same = tf.reshape(tf.eye(16), [1, 1, 16, 16]) as TensorFlow.Tensor4D;
    const step = compile((a: TensorFlow.Tensor4D) =>
      normalize(tf.conv2d(a, same, 1, 'same'), tf.ones([16]), tf.zeros([16])),
    );
    assertAllClose(
      numbers(await step(image)),
      numbers(normalize(image, tf.ones([16]), tf.zeros([16]))),
      1e-3,
    );
    step.dispose();
  });

  test('a recorded step with batch normalization rectifies the gradient of a shortcut in the same operation', async () => {
    const operations = await operationsOf((a, b, c) => {
      const shortcut = tf.relu(tf.add(normalize(a, b, c), a));
      return tf.add(convolve(shortcut), shortcut);
    });
    assert.ok(operations.includes('DirectConv2DBackpropInputAddRelu'), operations.join());
    assert.ok(!operations.includes('ReluGrad'), operations.join());
  });

  test('a recorded step with batch normalization passes on what is not a number', async () => {
    const step = compile((a: TensorFlow.Tensor) => tf.relu(normalize(a, scale, offset)));
    const broken = tf.where(tf.greater(x, 4), Number.NaN, x);
    assert.ok(Number.isNaN(numbers(await step(broken))[0]));
  });
});

describe('what is fused when a variable is updated in between', { skip }, () => {
  const options = { epsilon: EPSILON, momentum: MOMENTUM };
  const { x, offset, mean, variance } = example([4, 6, 6, 8]);
  const rates = { lr: tf.scalar(0.5), momentum: tf.scalar(0.9), nesterov: false };

  /** What a run gives has to be the same recorded and eager. */
  async function assertSameEager(run: (compiles: boolean) => Promise<number[][]>, tolerance: number) {
    const [recorded, eager] = [await run(true), await run(false)];
    recorded.forEach((values, i) => {
      assertAllClose(values, eager[i], tolerance);
    });
  }

  test('what is fused when a variable is updated in between is left apart: a ReLU after an update of gamma', async () => {
    const run = async (compiles: boolean) => {
      const gamma = tf.variable(tf.ones([8]));
      const velocity = tf.variable(tf.zeros([8]));
      const step = compile(
        (a: TensorFlow.Tensor4D) => {
          const { y } = batchNormTraining(a, { scale: gamma, offset, mean, variance }, options);
          applyMomentum(gamma, velocity, tf.ones([8]), rates);
          return tf.relu(y);
        },
        { compile: compiles },
      );
      const outputs = [numbers(await step(x)), numbers(gamma)];
      step.dispose();
      return outputs;
    };
    await assertSameEager(run, 1e-5);
  });

  test('what is fused when a variable is updated in between is left apart: a sum with the gradient of a convolution behind an update of its filter', async () => {
    const run = async (compiles: boolean) => {
      const filter = tf.variable(
        tf.randomNormal([3, 3, 8, 8], 0, 1, 'float32', 8),
      ) as TensorFlow.Variable<TensorFlow.Rank.R4>;
      const velocity = tf.variable(tf.zerosLike(filter));
      const step = compile(
        (a: TensorFlow.Tensor4D) => {
          const convolve = (b: TensorFlow.Tensor, f: TensorFlow.Tensor) =>
            tf.conv2d(b as TensorFlow.Tensor4D, f as TensorFlow.Tensor4D, 1, 'same');
          const [dx, dFilter] = tf.grads(convolve)([a, filter]);
          applyMomentum(filter, velocity, dFilter, rates);
          return tf.add(dx, a);
        },
        { compile: compiles },
      );
      const outputs = [numbers(await step(x)), numbers(filter)];
      step.dispose();
      return outputs;
    };
    await assertSameEager(run, 1e-4);
  });
});
