/**
 * Remembers that a gradient came through a ReLU, for a batch normalization that applies the ReLU's gradient itself.
 */
import { isRecording } from '../recording/active';
import type { DataId } from '../runtime/backend';
import type { TensorFlow } from '../runtime/tensorflow';

/** What a ReLU's gradient was computed from. */
interface ReluGradient {
  /** The ReLU's output. */
  y: TensorFlow.Tensor;
  /** The gradient of that. */
  dy: TensorFlow.Tensor;
}

// Tensors of recordings only: they stay usable after TensorFlow.js has disposed them.
const origins = new WeakMap<DataId, ReluGradient>();

/** Remembers that a gradient is `dy` where `y` isn't zero. */
export function rememberReluGradient(gradient: TensorFlow.Tensor, origin: ReluGradient): void {
  if (isRecording()) origins.set(gradient.dataId, origin);
}

/** What a gradient was computed from by a ReLU; undefined for another one, and outside of a recording. */
export function reluGradientOf(gradient: TensorFlow.Tensor): ReluGradient | undefined {
  return origins.get(gradient.dataId);
}
