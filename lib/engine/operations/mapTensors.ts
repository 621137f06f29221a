/** The same operation on each of several tensors. */
import type { TensorFlow } from '../runtime/tensorflow';

/** Tensors by name, each changed: gradients by the names of their parameters. */
export function mapTensors(
  tensors: TensorFlow.NamedTensorMap,
  change: (tensor: TensorFlow.Tensor, name: string) => TensorFlow.Tensor,
): TensorFlow.NamedTensorMap {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, change(tensor, name)]));
}
