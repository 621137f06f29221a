/**
 * The weights of a network that training changes without gradients: the moving statistics of batch normalization.
 */
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';

/** The statistics as they are now, as tensors of their own. */
export function readStatistics(net: TensorFlow.LayersModel): TensorFlow.Tensor[] {
  return net.nonTrainableWeights.map((weight) => tf.clone(weight.read()));
}

/** Gives each of the statistics the value of a function of what it is now and its place. */
export function writeStatistics(
  net: TensorFlow.LayersModel,
  next: (now: TensorFlow.Tensor, i: number) => TensorFlow.Tensor,
): void {
  net.nonTrainableWeights.forEach((weight, i) => void weight.write(next(weight.read(), i)));
}

/** Calls `compute`, and has the statistics hold afterwards what they held before. */
export function withoutStatistics<T>(net: TensorFlow.LayersModel, compute: () => T): T {
  const before = readStatistics(net);
  try {
    return compute();
  } finally {
    writeStatistics(net, (_, i) => before[i]);
  }
}
