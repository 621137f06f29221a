/**
 * The variables that hold a network's weights, and whether they still have values: `net.dispose()` and `tf.disposeVariables()` free them.
 */
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';

/** The variable behind a layer's weight, which is declared protected. */
export function variableOf(weight: TensorFlow.LayerVariable): TensorFlow.Variable {
  return (weight as unknown as { val: TensorFlow.Variable }).val;
}

/** Whether a variable has its values. `tf.disposeVariables()` frees them without marking the variable as disposed. */
export function isAlive(variable: TensorFlow.Variable): boolean {
  return tf.engine().state.registeredVariables[variable.name] === variable;
}

/** Whether any weight of a network or layer was disposed. */
export function hasDisposedWeights(layer: TensorFlow.layers.Layer): boolean {
  return !layer.weights.every((weight) => isAlive(variableOf(weight)));
}

/** @throws ModelError where weights of a network were disposed */
export function checkNotDisposed(net: TensorFlow.LayersModel): void {
  if (!hasDisposedWeights(net)) return;
  throw new ModelError(
    `The weights of ${net.name} were disposed, by its dispose() or tf.disposeVariables().`,
    'Load it again with loadModel, or make a new one, and dispose it after its last use.',
  );
}
