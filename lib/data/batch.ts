/**
 * A batch, and what a step is given to make it of.
 */
import type { TensorFlow } from '../engine/runtime/tensorflow';

/** One batch. Its tensors belong to whoever draws it, who disposes them. */
export type Batch = {
  /** Normalized pixels, float32. */
  images: TensorFlow.Tensor4D; // [n, height, width, channels]
  /** Class indices, int32. */
  labels: TensorFlow.Tensor1D; // [n]
  /** Where images are mixed: how much of each class is in each image. */
  softLabels?: TensorFlow.Tensor2D; // [n, classes]
};

/** Which images to take from a data set on the device, and what their transforms have drawn. */
export type BatchDraws = { draws: TensorFlow.Tensor2D }; // [n, numbers]

/** What a step is fed for one batch. The tensors belong to whoever draws them, who disposes them. */
export interface BatchInputs {
  /** The batch itself, or what `DataLoader.batch` makes it of. */
  tensors: Batch | BatchDraws;
  /** Images in the batch. */
  length: number;
}
