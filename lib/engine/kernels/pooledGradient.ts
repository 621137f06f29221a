/**
 * Remembers what a convolution that was pooled along knows of its windows, for the gradients of pooling and of the convolution.
 */
import { isRecording } from '../recording/active';
import type { DataId } from '../runtime/backend';
import type { TensorFlow } from '../runtime/tensorflow';

/** What the gradient of max pooling by windows of 2×2 is made of. */
export interface WindowGradient {
  /** Of the pooled tensor, `[n, h / 2, w / 2, c]`. */
  dy: TensorFlow.Tensor4D;
  /** Which number of each window is the largest. */
  places: TensorFlow.Tensor;
}

// Tensors of recordings only: they stay usable after TensorFlow.js has disposed them.
const places = new WeakMap<DataId, TensorFlow.Tensor>();
const gradients = new WeakMap<DataId, WindowGradient>();

/** Remembers which number of each window a pooled tensor has. */
export function rememberPlaces(pooled: TensorFlow.Tensor, ofIt: TensorFlow.Tensor): void {
  if (isRecording()) places.set(pooled.dataId, ofIt);
}

/** Which number of each window a pooled tensor has; undefined for what a convolution didn't pool along. */
export function placesOf(pooled: TensorFlow.Tensor): TensorFlow.Tensor | undefined {
  return places.get(pooled.dataId);
}

/** Remembers that a gradient is that of windows. */
export function rememberWindowGradient(gradient: TensorFlow.Tensor, ofWindows: WindowGradient): void {
  gradients.set(gradient.dataId, ofWindows);
}

/** What a gradient is made of that came through such pooling; undefined for another one. */
export function windowGradientOf(gradient: TensorFlow.Tensor): WindowGradient | undefined {
  return gradients.get(gradient.dataId);
}
