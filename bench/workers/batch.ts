/** The batch that a worker's arguments name. */
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';

/** Makes a batch of noise, its labels going round the classes. */
export function batch(size: string): { images: TensorFlow.Tensor4D; labels: TensorFlow.Tensor1D } {
  const labels = Int32Array.from({ length: Number(size) }, (_, i) => i % 10);
  return {
    images: tf.randomNormal([labels.length, 32, 32, 3]) as TensorFlow.Tensor4D,
    labels: tf.tensor1d(labels, 'int32'),
  };
}
