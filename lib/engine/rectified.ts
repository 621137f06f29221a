/**
 * Remembers what a rectifier's gradient was made of, for an operation that can rectify its gradient itself.
 */
import type { DataId } from './backend';
import type { TensorFlow } from './tensorflow';
import { isRecording } from './trace';

/** A rectifier's output, and the gradient of that. */
interface Rectified {
  y: TensorFlow.Tensor;
  dy: TensorFlow.Tensor;
}

// Only tensors of recordings are in this: they stay usable after TensorFlow.js has disposed them.
const origins = new WeakMap<DataId, Rectified>();

/** Tells that a gradient is `dy` where `y` isn't zero. */
export function rememberRectified(gradient: TensorFlow.Tensor, origin: Rectified): void {
  if (isRecording()) origins.set(gradient.dataId, origin);
}

/** What a gradient was rectified from; undefined for one that wasn't, or not while recording. */
export function rectifiedFrom(gradient: TensorFlow.Tensor): Rectified | undefined {
  return origins.get(gradient.dataId);
}
