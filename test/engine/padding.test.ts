/** Convolutions with padding given as numbers, against the same convolutions of a padded input. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile } from '../../lib/engine/compile';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { assertAllClose, numbers } from '../helpers/tensors';

type Pads = TensorFlow.backend_util.ExplicitPadding;
type Pair = [number, number];
type Convolve = (x: TensorFlow.Tensor4D, filter: TensorFlow.Tensor4D) => TensorFlow.Tensor4D;

const onAllSides = (pad: number): Pads => [
  [0, 0],
  [pad, pad],
  [pad, pad],
  [0, 0],
];
const UNEVEN: Pads = [
  [0, 0],
  [1, 2],
  [0, 1],
  [0, 0],
];

/** A result and its gradients by both inputs. */
function withGradients(convolve: Convolve) {
  const loss = (x: TensorFlow.Tensor, filter: TensorFlow.Tensor) =>
    tf.sum(tf.square(convolve(x as TensorFlow.Tensor4D, filter as TensorFlow.Tensor4D)));
  return (x: TensorFlow.Tensor4D, filter: TensorFlow.Tensor4D) => [
    convolve(x, filter),
    ...tf.grads(loss)([x, filter]),
  ];
}

const OPERATIONS: Record<string, (strides: number | Pair, pad: number | Pads | 'valid') => Convolve> = {
  'tf.conv2d': (strides, pad) => (x, filter) => tf.conv2d(x, filter, strides, pad),
  'tf.depthwiseConv2d': (strides, pad) => (x, filter) =>
    tf.depthwiseConv2d(x, filter, strides, pad as number),
};

for (const [name, operation] of Object.entries(OPERATIONS)) {
  describe(`${name} with a padding in numbers has its result and gradients, eager and recorded`, () => {
    for (const pad of [1, 2, UNEVEN]) {
      for (const strides of [1, 2, [1, 2]] as (number | Pair)[]) {
        for (const size of [
          [3, 3],
          [3, 2],
          [1, 1],
        ]) {
          const text = typeof pad === 'number' ? pad : JSON.stringify(pad);
          test(`${name} with a padding in numbers has its result and gradients, eager and recorded: ${name}: padding ${text}, strides ${strides}, filters of ${size.join('×')}`, async () => {
            const x = tf.randomNormal([2, 8, 9, 3], 0, 1, 'float32', 1) as TensorFlow.Tensor4D;
            const filter = tf.randomNormal(
              [size[0], size[1], 3, 4],
              0,
              1,
              'float32',
              2,
            ) as TensorFlow.Tensor4D;
            const pads = typeof pad === 'number' ? onAllSides(pad) : pad;
            const reference = withGradients((a, b) => operation(strides, 'valid')(tf.pad(a, pads), b));
            const gradients = withGradients(operation(strides, pad));
            const step = compile(gradients);
            const expected = reference(x, filter);
            for (const actual of [gradients(x, filter), await step(x, filter)]) {
              assert.deepEqual(
                actual.map(({ shape }) => shape),
                expected.map(({ shape }) => shape),
              );
              actual.forEach((tensor, i) => {
                assertAllClose(numbers(tensor), numbers(expected[i]), 1e-4);
              });
            }
            step.dispose();
          });
        }
      }
    }
  });
}

test('tf.conv2d rounds its size as dimRoundingMode says, and sees zeros behind the picture', () => {
  const x = tf.randomNormal([1, 7, 7, 2]) as TensorFlow.Tensor4D;
  const filter = tf.randomNormal([3, 3, 2, 3]) as TensorFlow.Tensor4D;
  // (7 + 2 - 3) / 4 + 1 = 2.5
  const floor = tf.conv2d(x, filter, 4, 1, 'NHWC', 1, 'floor');
  const ceil = tf.conv2d(x, filter, 4, 1, 'NHWC', 1, 'ceil');
  assert.deepEqual(
    [floor.shape, ceil.shape],
    [
      [1, 2, 2, 3],
      [1, 3, 3, 3],
    ],
  );
  const wide: Pads = [
    [0, 0],
    [1, 3],
    [1, 3],
    [0, 0],
  ];
  assertAllClose(numbers(ceil), numbers(tf.conv2d(tf.pad(x, wide), filter, 4, 'valid')), 1e-4);
});

test('tf.conv2d with dilations takes a padding in numbers', () => {
  const x = tf.randomNormal([1, 8, 8, 2]) as TensorFlow.Tensor4D;
  const filter = tf.randomNormal([3, 3, 2, 3]) as TensorFlow.Tensor4D;
  assertAllClose(
    numbers(tf.conv2d(x, filter, 1, 2, 'NHWC', 2)),
    numbers(tf.conv2d(tf.pad(x, onAllSides(2)), filter, 1, 'valid', 'NHWC', 2)),
    1e-4,
  );
});

test('tf.fused.conv2d with a padding in numbers adds its bias and applies its activation', () => {
  const x = tf.randomNormal([2, 8, 8, 3]) as TensorFlow.Tensor4D;
  const filter = tf.randomNormal([3, 3, 3, 4]) as TensorFlow.Tensor4D;
  const bias = tf.tensor1d([1, 2, 3, 4]);
  const fused = (input: TensorFlow.Tensor4D, pad: number | 'valid') =>
    tf.fused.conv2d({ x: input, filter, strides: 1, pad, bias, activation: 'relu' });
  assertAllClose(numbers(fused(x, 1)), numbers(fused(tf.pad(x, onAllSides(1)), 'valid')), 1e-4);
});
