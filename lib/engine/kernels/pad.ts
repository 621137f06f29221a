/**
 * `tf.pad` in a recorded step: the library's convolutions pad their input themselves, so the padded copy isn't made.
 *
 * A network from PyTorch pads an image and convolves it. The convolution asks here whether its input is a padded one.
 */
import { isRecording, watchValues } from '../recording/active';
import type { DataId } from '../runtime/backend';
import type { TensorFlow } from '../runtime/tensorflow';
import { kernelReplacement, type Replacement } from './replacement';

/** How many rows and columns of zeros are before an image. */
export interface Offset {
  top: number;
  left: number;
}

/** An image before it was padded. */
export interface Unpadded extends Offset {
  source: TensorFlow.Tensor4D;
}

// Tensors of recordings only: they stay usable after TensorFlow.js has disposed them.
const padded = new WeakMap<DataId, { image: Unpadded; isValid: () => boolean }>();

/** The image that a tensor was padded from while recording; the tensor itself where it wasn't. */
export function unpadded(x: TensorFlow.Tensor4D): Unpadded {
  const known = padded.get(x.dataId);
  return known?.isValid() ? known.image : { source: x, top: 0, left: 0 };
}

interface Padding {
  paddings: [before: number, after: number][];
  constantValue: number;
}

/** `tf.pad`, which remembers what it padded. */
export const padding: Replacement = kernelReplacement(
  'PadV2',
  (
    inputs: { x: TensorFlow.Tensor },
    { paddings, constantValue }: Padding,
    original: () => TensorFlow.Tensor,
  ) => {
    const result = original();
    const isSpatial =
      paddings.length === 4 && [...paddings[0], ...paddings[3], constantValue].every((n) => n === 0);
    if (isSpatial && isRecording()) {
      const [, [top], [left]] = paddings;
      const source = inputs.x as TensorFlow.Tensor4D;
      padded.set(result.dataId, { image: { source, top, left }, isValid: watchValues([source]) });
    }
    return result;
  },
);
