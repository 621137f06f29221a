/**
 * The variables that training a network changes.
 */
import type { TensorFlow } from '../engine/runtime/tensorflow';

/** A network's trainable weights as variables, as PyTorch's `net.parameters()`. */
export function parameters(net: TensorFlow.LayersModel): TensorFlow.Variable[] {
  // The variable behind a layer's weight is declared protected.
  return net.trainableWeights.map((weight) => (weight as unknown as { val: TensorFlow.Variable }).val);
}
