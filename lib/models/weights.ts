/**
 * The variables that hold a network's weights, and whether they still have values: `net.dispose()` and `tf.disposeVariables()` free them.
 */
import { kindOf } from '../checks';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { isRegistered } from '../engine/runtime/values';
import { ModelError } from '../errors';

/** The variable behind a layer's weight, which is declared protected. */
export function variableOf(weight: TensorFlow.LayerVariable): TensorFlow.Variable {
  return (weight as unknown as { val: TensorFlow.Variable }).val;
}

/** The values of a network's weights, in their order. */
export function readWeights(net: TensorFlow.LayersModel): Float32Array[] {
  return net.weights.map((weight) => weight.read().dataSync() as Float32Array);
}

/** Takes over what `readWeights` gave. */
export function writeWeights(net: TensorFlow.LayersModel, values: readonly Float32Array[]): void {
  tf.tidy(() => net.setWeights(net.weights.map((weight, i) => tf.tensor(values[i], weight.read().shape))));
}

/** Whether any weight of a network or layer was disposed. */
export function hasDisposedWeights(layer: TensorFlow.layers.Layer): boolean {
  return !layer.weights.every((weight) => isRegistered(variableOf(weight)));
}

/** @throws ModelError where a value is no network */
export function checkIsNetwork(net: TensorFlow.LayersModel): void {
  const { layers, weights, predict } = Object(net) as Partial<TensorFlow.LayersModel>;
  if (Array.isArray(layers) && Array.isArray(weights) && typeof predict === 'function') return;
  throw new ModelError(
    `The network is ${kindOf(net)}, not a tf.LayersModel.`,
    'Give what resnet18(), `await loadModel(path)` or tf.model returns.',
  );
}

/** @throws ModelError where a value is no network, or weights of it were disposed */
export function checkNotDisposed(net: TensorFlow.LayersModel): void {
  checkIsNetwork(net);
  if (!hasDisposedWeights(net)) return;
  throw new ModelError(
    `The weights of ${net.name} were disposed, by its dispose() or tf.disposeVariables().`,
    'Load it again with loadModel, or make a new one, and dispose it after its last use.',
  );
}
