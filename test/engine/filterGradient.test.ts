/** The filter's gradient of 1×1 convolutions by TensorFlow's own kernel, without this library's convolutions before it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stridedFilterGradient } from '../../lib/engine/kernels/stridedFilterGradient';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { assertAllClose, numbers } from '../helpers/tensors';

stridedFilterGradient.install();

const REPEATS = 10;

describe('the gradient of a 1×1 filter', () => {
  // Around the 8 floats of AVX2's registers and the 16 of AVX-512's.
  for (const channels of [1, 3, 4, 7, 8, 9, 15, 16, 17]) {
    test(`the gradient of a 1×1 filter is right and the same at each call, with ${channels} channels, any strides and paddings`, () =>
      tf.tidy(() => {
        for (const size of [8, 9, 32]) {
          for (const strides of [1, 2, 3, [2, 1], [1, 2]] as (number | [number, number])[]) {
            const [down, across] = typeof strides === 'number' ? [strides, strides] : strides;
            const x = tf.randomUniform([4, size, size, channels], -1, 1, 'float32', 1) as TensorFlow.Tensor4D;
            const seen = tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, down, across, 1]);
            const [, height, width] = seen.shape;
            const dy = tf.randomUniform([4, height, width, 6], -1, 1, 'float32', 2) as TensorFlow.Tensor4D;
            const expected = numbers(tf.matMul(seen.reshape([-1, channels]), dy.reshape([-1, 6]), true));
            for (const pad of ['same', 'valid'] as const) {
              const convolve = (filter: TensorFlow.Tensor) =>
                tf.conv2d(x, filter as TensorFlow.Tensor4D, strides, pad);
              const gradient = tf.grad(convolve);
              const filter = tf.ones([1, 1, channels, 6]);
              for (let i = 0; i < REPEATS; i++) {
                assertAllClose(numbers(gradient(filter, dy)), expected, 1e-4);
              }
            }
          }
        }
      }));
  }

  test('the gradient of a 1×1 filter leaves no tensor behind', () => {
    const x = tf.ones([2, 8, 8, 3]) as TensorFlow.Tensor4D;
    const filter = tf.ones([1, 1, 3, 4]) as TensorFlow.Tensor4D;
    const gradient = tf.grad((f) => tf.conv2d(x, f as TensorFlow.Tensor4D, 2, 'same'));
    const before = tf.memory().numTensors;
    gradient(filter).dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  test('the gradient of a 1×1 filter still refuses what TensorFlow has no kernel for', () => {
    const x = tf.ones([2, 8, 8, 3]) as TensorFlow.Tensor4D;
    const gradient = tf.grad((f) => tf.conv2d(x, f as TensorFlow.Tensor4D, 2, 1));
    assert.throws(() => gradient(tf.ones([1, 1, 3, 4])), /padding/);
  });
});
