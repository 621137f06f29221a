/**
 * What is drawn for a batch before it is made: which images, and the numbers of their transforms. Here and on the device the same is made of it.
 */
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { MIX_LENGTH, type Mix, mixNumbers } from './transforms/mixing';

/** An image of a data set, and what its transforms have drawn for it. */
export interface DrawnImage {
  index: number;
  /** Of each transform that draws. */
  numbers: readonly (readonly number[])[];
}

/** The images of a batch, and how they are mixed, if they are. */
export interface DrawnBatch {
  images: readonly DrawnImage[];
  mixes?: readonly Mix[];
}

/** A drawn batch as a tensor to feed: index, the transforms' numbers one after the other, and those of the mix. // [n, numbers] */
export function draws({ images, mixes }: DrawnBatch): TensorFlow.Tensor2D {
  const rows = images.map(({ index, numbers }, i) => [
    index,
    ...numbers.flat(),
    ...(mixes ? mixNumbers(mixes[i]) : []),
  ]);
  return tf.tensor2d(rows);
}

/** The parts of such a tensor, of a batch that transforms have drawn so many numbers for. */
export function partsOf(
  tensor: TensorFlow.Tensor2D,
  lengths: readonly number[],
  isMixed: boolean,
): { index: TensorFlow.Tensor1D; numbers: TensorFlow.Tensor2D[]; mixes?: TensorFlow.Tensor2D } {
  const sizes = [1, ...lengths, ...(isMixed ? [MIX_LENGTH] : [])];
  const n = tensor.shape[0];
  const parts = sizes.map((size, i) => {
    const from = sizes.slice(0, i).reduce((sum, before) => sum + before, 0);
    return size === 0 ? tf.zeros([n, 0]) : tf.slice(tensor, [0, from], [n, size]);
  }) as TensorFlow.Tensor2D[];
  return {
    index: tf.cast(tf.squeeze(parts[0], [1]), 'int32') as TensorFlow.Tensor1D,
    numbers: parts.slice(1, 1 + lengths.length),
    mixes: isMixed ? parts[parts.length - 1] : undefined,
  };
}
