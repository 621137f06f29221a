/**
 * Spares a recorded step the copies that margins of zeros take: the library's convolutions have margins themselves.
 *
 * A network from PyTorch pads a picture and convolves it; a convolution asks here whether its input is a padded one.
 */
import type { DataId } from './backend';
import { kernelReplacement, type Replacement } from './replacement';
import type { TensorFlow } from './tensorflow';
import { isRecording, standing } from './trace';

/** Where a picture lies in its padded copy. */
export interface Margins {
  top: number;
  left: number;
}

/** A picture without margins. */
export interface Unpadded extends Margins {
  source: TensorFlow.Tensor4D;
}

// Only tensors of recordings are in this: they stay usable after TensorFlow.js has disposed them.
const padded = new WeakMap<DataId, { picture: Unpadded; stands: () => boolean }>();

/** The picture that a padded one was made of while recording; the picture itself where it wasn't. */
export function unpadded(x: TensorFlow.Tensor4D): Unpadded {
  const known = padded.get(x.dataId);
  return known?.stands() ? known.picture : { source: x, top: 0, left: 0 };
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
    const isMargin =
      paddings.length === 4 && [...paddings[0], ...paddings[3], constantValue].every((n) => n === 0);
    if (isMargin && isRecording()) {
      const [, [top], [left]] = paddings;
      const source = inputs.x as TensorFlow.Tensor4D;
      padded.set(result.dataId, { picture: { source, top, left }, stands: standing([source]) });
    }
    return result;
  },
);
