/**
 * The weights of a network that training changes without gradients: the moving statistics of batch normalization.
 */
import { type TensorFlow, tf } from '../engine/tensorflow';

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
