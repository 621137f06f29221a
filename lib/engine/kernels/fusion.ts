/**
 * Fuses operations of a recorded step: a convolution adds, a batch normalization adds and applies ReLU.
 *
 * A kernel that records an operation registers here which operations on its output it could compute at the same time. Where one of
 * these is asked for next, the kernel records its operation again, fused with it. The session never runs the first one, since
 * nothing uses its output.
 */
import { isRecording, recordAfter, watchValues } from '../recording/active';
import type { AttributeList, DataId } from '../runtime/backend';
import { type TensorFlow, tf } from '../runtime/tensorflow';
import { kernelReplacement, type Replacement } from './replacement';

/** What an operation can be fused with; each function records the fused operation. */
export interface Fusions {
  /** Adds a tensor of the output's shape. */
  add?(addend: TensorFlow.Tensor): TensorFlow.Tensor;
  relu?(): TensorFlow.Tensor;
  /** Computes the gradient of ReLU, of which `y` is the output, of the output. */
  reluGradient?(y: TensorFlow.Tensor): TensorFlow.Tensor;
  /**
   * Computes the moments of the output, of the inputs and attributes of `BatchNormMoments`, and gives its outputs. The output is from then
   * on that of the fused operation.
   */
  moments?(statistics: TensorFlow.Tensor[], attributes: AttributeList): TensorFlow.Tensor[] | undefined;
  /**
   * Pools by windows of 2×2. The places tell which number of each window is the largest, in bytes, four in each int32: they are for
   * operations that take them.
   */
  maxPool?(): { pooled: TensorFlow.Tensor; places: TensorFlow.Tensor } | undefined;
  /** Computes the output again, at little cost, from tensors that are kept for the backward pass anyway. */
  recompute?(): TensorFlow.Tensor;
  /** Computes a slice only, `[n, h, w, c]`, of an output of four dimensions. */
  slice?(begin: number[], size: number[]): TensorFlow.Tensor | undefined;
}

// Tensors of recordings only: they stay usable after TensorFlow.js has disposed them.
const registered = new WeakMap<DataId, { fusions: Fusions; isValid: () => boolean }>();

/**
 * Registers what the operation behind a tensor can be fused with.
 *
 * @param inputs the operation's; it can't be fused any more when one of them is a variable that was updated
 */
export function registerFusions(
  tensor: TensorFlow.Tensor,
  inputs: TensorFlow.Tensor[],
  fusions: Fusions,
): void {
  if (isRecording()) registered.set(tensor.dataId, { fusions, isValid: watchValues(inputs) });
}

/** What the operation that gives a tensor can be fused with. */
export function fusionsOf({ dataId }: TensorFlow.Tensor): Fusions | undefined {
  const known = registered.get(dataId);
  return known?.isValid() ? known.fusions : undefined;
}

/**
 * A tensor for the backward pass, recomputed where its operation can do that, so that it isn't kept in memory until then.
 *
 * @param after the tensor whose computation it waits for
 */
export function recomputed(tensor: TensorFlow.Tensor, after: TensorFlow.Tensor): TensorFlow.Tensor {
  const recompute = fusionsOf(tensor)?.recompute;
  return recompute ? recordAfter(after, recompute) : tensor;
}

function added(a: TensorFlow.Tensor, b: TensorFlow.Tensor): TensorFlow.Tensor | undefined {
  const isAlike =
    a.dtype === b.dtype && a.shape.length === b.shape.length && a.shape.every((n, i) => n === b.shape[i]);
  return isAlike ? fusionsOf(a)?.add?.(b) : undefined;
}

interface Slice {
  begin: number | number[];
  size?: number | number[];
}

/** The operations that others are fused with. */
export const fusions: readonly Replacement[] = [
  kernelReplacement(
    'Add',
    ({ a, b }: { a: TensorFlow.Tensor; b: TensorFlow.Tensor }, _, original: () => TensorFlow.Tensor) =>
      added(a, b) ?? added(b, a) ?? original(),
  ),

  kernelReplacement(
    'Relu',
    ({ x }: { x: TensorFlow.Tensor }, _, original: () => TensorFlow.Tensor) =>
      fusionsOf(x)?.relu?.() ?? original(),
  ),

  // TensorFlow.js ends operations on images by a reshape that mostly changes nothing, and would hide the operation before it.
  kernelReplacement(
    'Reshape',
    ({ x }: { x: TensorFlow.Tensor }, { shape }: { shape: number[] }, original: () => TensorFlow.Tensor) => {
      const isSame = shape.length === x.shape.length && shape.every((size, i) => size === x.shape[i]);
      return isSame && isRecording()
        ? (tf.engine().runKernel('Identity', { x }) as TensorFlow.Tensor)
        : original();
    },
  ),

  kernelReplacement(
    'Slice',
    ({ x }: { x: TensorFlow.Tensor }, { begin, size }: Slice, original: () => TensorFlow.Tensor) => {
      const { slice } = fusionsOf(x) ?? {};
      if (!slice) return original();
      const [from, sizes] = tf.slice_util.parseSliceParams(x, begin, size);
      tf.slice_util.assertParamsValid(x, from, sizes);
      return slice(from, sizes) ?? original();
    },
  ),
];
