/**
 * Spares a recorded step the copies that margins of zeros take: the library's convolutions have margins themselves.
 *
 * A network from PyTorch pads a picture and convolves it; backwards, the gradient is computed for margins too and they are cut
 * off. A convolution asks here whether its input is a padded one, and a cut whether it is that of an input gradient.
 */
import type { DataId } from './backend';
import { replaceKernel } from './kernels';
import type { TensorFlow } from './tensorflow';
import { isRecording } from './trace';

/** Where a picture lies in its padded copy. */
export interface Margins {
  top: number;
  left: number;
}

/** A picture without margins. */
export interface Unpadded extends Margins {
  source: TensorFlow.Tensor4D;
}

/** Computes an input gradient without margins, `[n, h, w, c]` given. */
type CutGradient = (margins: Margins, shape: [number, number, number, number]) => TensorFlow.Tensor;

// Only tensors of recordings are in these: they stay usable after TensorFlow.js has disposed them.
const padded = new WeakMap<DataId, Unpadded>();
const gradients = new WeakMap<DataId, CutGradient>();

/** The picture that a padded one was made of while recording; the picture itself where it wasn't. */
export function unpadded(x: TensorFlow.Tensor4D): Unpadded {
  return padded.get(x.dataId) ?? { source: x, top: 0, left: 0 };
}

/** Tells how a part of an input gradient is computed by itself, in case that no more than the part is wanted. */
export function offerCut(dx: TensorFlow.Tensor, cut: CutGradient): void {
  if (isRecording()) gradients.set(dx.dataId, cut);
}

interface Padding {
  paddings: [before: number, after: number][];
  constantValue: number;
}

replaceKernel(
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
      padded.set(result.dataId, { source: inputs.x as TensorFlow.Tensor4D, top, left });
    }
    return result;
  },
);

replaceKernel(
  'Slice',
  (
    { x }: { x: TensorFlow.Tensor },
    { begin, size }: { begin: number[]; size: number[] },
    original: () => TensorFlow.Tensor,
  ) => {
    const cut = gradients.get(x.dataId);
    const isMargin =
      cut && begin[0] === 0 && begin[3] === 0 && size[0] === x.shape[0] && size[3] === x.shape[3];
    if (!isMargin) return original();
    const [n, h, w, c] = size;
    return cut({ top: begin[1], left: begin[2] }, [n, h, w, c]);
  },
);
