/**
 * The variables that training a network changes.
 */
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { variableOf } from '../models/weights';

/** A network's trainable weights as variables, as PyTorch's `net.parameters()`. */
export function parameters(net: TensorFlow.LayersModel): TensorFlow.Variable[] {
  return net.trainableWeights.map(variableOf);
}
