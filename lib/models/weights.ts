/**
 * The variables that hold a network's weights, and whether they are still there: `net.dispose()` and `tf.disposeVariables()` free them.
 */
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';

/** The variable behind a layer's weight, which is declared protected. */
export function variableOf(weight: TensorFlow.LayerVariable): TensorFlow.Variable {
  return (weight as unknown as { val: TensorFlow.Variable }).val;
}

/** Whether any weight of a network or layer is gone. */
export function hasDisposedWeights(layer: TensorFlow.layers.Layer): boolean {
  return layer.weights.some((weight) => variableOf(weight).isDisposed);
}

/** @throws ModelError when weights of a network are gone */
export function checkWeights(net: TensorFlow.LayersModel): void {
  if (!hasDisposedWeights(net)) return;
  throw new ModelError(
    `The weights of ${net.name} were disposed, by its dispose() or tf.disposeVariables().`,
    'Make the network again, or load it with loadModel.',
  );
}
