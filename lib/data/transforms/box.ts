/**
 * Rectangles of images, by tensors.
 */
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { IMAGE_SIZE } from '../dataset';

/** 1 within a rectangle of each image and 0 outside, of its top, bottom, left and right, each [n, 1], ends left out. // [n, 32, 32, 1] */
export function boxTensor([top, bottom, left, right]: readonly TensorFlow.Tensor[]): TensorFlow.Tensor {
  const at = tf.reshape(tf.range(0, IMAGE_SIZE), [1, IMAGE_SIZE]);
  const within = (first: TensorFlow.Tensor, end: TensorFlow.Tensor) =>
    tf.cast(tf.logicalAnd(tf.greaterEqual(at, first), tf.less(at, end)), 'float32'); // [n, 32]
  return tf.mul(
    tf.reshape(within(top, bottom), [-1, IMAGE_SIZE, 1, 1]),
    tf.reshape(within(left, right), [-1, 1, IMAGE_SIZE, 1]),
  );
}
