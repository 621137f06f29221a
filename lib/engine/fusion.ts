/**
 * Spares a recorded step whole operations: one whose work another can do besides is left out.
 *
 * Whoever records an operation may offer here what it could do with its result on the way: add to it, rectify it, cut it.
 * Where that is asked for next, the operation is recorded a second time, doing both. The first is in nobody's way: a session
 * runs only what somebody needs.
 */
import type { DataId } from './backend';
import { kernelReplacement, type Replacement } from './replacement';
import { type TensorFlow, tf } from './tensorflow';
import { isRecording, recordAfter, standing } from './trace';

/** What an operation can do besides, as functions that record it anew. */
export interface Offer {
  /** Adds a tensor of the result's shape. */
  add?(addend: TensorFlow.Tensor): TensorFlow.Tensor;
  rectify?(): TensorFlow.Tensor;
  /** Computes the result again, at little cost, from what has to be kept anyway. */
  again?(): TensorFlow.Tensor;
  /** Computes no more than a part, `[n, h, w, c]`, of a result of four dimensions. */
  cut?(begin: number[], size: number[]): TensorFlow.Tensor | undefined;
}

// Only tensors of recordings are in this: they stay usable after TensorFlow.js has disposed them.
const offers = new WeakMap<DataId, { offer: Offer; stands: () => boolean }>();

/**
 * Tells what the operation behind a tensor can do besides.
 *
 * @param inputs the operation's; an offer lapses when one of them is a variable that was updated
 */
export function makeOffer(tensor: TensorFlow.Tensor, inputs: TensorFlow.Tensor[], offer: Offer): void {
  if (isRecording()) offers.set(tensor.dataId, { offer, stands: standing(inputs) });
}

function offerOf({ dataId }: TensorFlow.Tensor): Offer | undefined {
  const made = offers.get(dataId);
  return made?.stands() ? made.offer : undefined;
}

/**
 * A tensor for the backward pass to use, computed again where that is offered, so that it needn't be kept until then.
 *
 * @param after what has to be there first
 */
export function anew(tensor: TensorFlow.Tensor, after: TensorFlow.Tensor): TensorFlow.Tensor {
  const again = offerOf(tensor)?.again;
  return again ? recordAfter(after, again) : tensor;
}

function added(a: TensorFlow.Tensor, b: TensorFlow.Tensor): TensorFlow.Tensor | undefined {
  const alike =
    a.dtype === b.dtype && a.shape.length === b.shape.length && a.shape.every((n, i) => n === b.shape[i]);
  return alike ? offerOf(a)?.add?.(b) : undefined;
}

interface Slice {
  begin: number | number[];
  size?: number | number[];
}

/** The operations that another can do at once. */
export const fusions: readonly Replacement[] = [
  kernelReplacement(
    'Add',
    ({ a, b }: { a: TensorFlow.Tensor; b: TensorFlow.Tensor }, _, original: () => TensorFlow.Tensor) =>
      added(a, b) ?? added(b, a) ?? original(),
  ),

  kernelReplacement(
    'Relu',
    ({ x }: { x: TensorFlow.Tensor }, _, original: () => TensorFlow.Tensor) =>
      offerOf(x)?.rectify?.() ?? original(),
  ),

  // TensorFlow.js ends operations on pictures by a reshape that mostly changes nothing, and would hide what stands before it.
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
      const { cut } = offerOf(x) ?? {};
      if (!cut) return original();
      const [from, sizes] = tf.slice_util.parseSliceParams(x, begin, size);
      tf.slice_util.assertParamsValid(x, from, sizes);
      return cut(from, sizes) ?? original();
    },
  ),
];
