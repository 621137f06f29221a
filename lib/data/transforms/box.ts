/**
 * Rectangles of images, by tensors.
 */
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';

/**
 * 1 within a rectangle of each image and 0 outside.
 *
 * @param sides top, bottom, left and right, ends left out, each [n, 1]
 * @returns // [n, height, width, 1]
 */
export function boxTensor(
  [top, bottom, left, right]: readonly TensorFlow.Tensor[],
  height: number,
  width: number,
): TensorFlow.Tensor {
  const within = (first: TensorFlow.Tensor, end: TensorFlow.Tensor, size: number) => {
    const at = tf.reshape(tf.range(0, size), [1, size]);
    return tf.cast(tf.logicalAnd(tf.greaterEqual(at, first), tf.less(at, end)), 'float32'); // [n, size]
  };
  return tf.mul(
    tf.reshape(within(top, bottom, height), [-1, height, 1, 1]),
    tf.reshape(within(left, right, width), [-1, 1, width, 1]),
  );
}
