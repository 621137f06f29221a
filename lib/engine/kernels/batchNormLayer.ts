/**
 * TensorFlow.js's batch normalization layer, changed in place, so that every network has it: a network of this library, one of
 * `tf.layers`, one that was loaded.
 *
 * - In training, images are normalized by one fused operation.
 * - A frozen layer, `layer.trainable = false`, runs in inference mode in training too, as in Keras 2 and 3.
 * - Without `scale` or `center` it can be trained, and has a gradient in inference mode, which TensorFlow.js's own lacks.
 *
 * It saves and loads as before.
 */

import { ConfigError } from '../../errors';
import { currentReplica } from '../recording/replicas';
import { type TensorFlow, tf } from '../runtime/tensorflow';
import { batchNormTraining } from './batchNorm';
import type { Replacement } from './replacement';

type Value = TensorFlow.Tensor | TensorFlow.Tensor[];
type Weight = Pick<TensorFlow.LayerVariable, 'read'>;

/** The fields of TensorFlow.js's layer that its declarations keep private. */
interface Layer extends TensorFlow.layers.Layer {
  axis: number;
  momentum: number;
  epsilon: number;
  /** Missing with `scale: false`. */
  gamma?: Weight;
  /** Missing with `center: false`. */
  beta?: Weight;
  movingMean: TensorFlow.LayerVariable;
  movingVariance: TensorFlow.LayerVariable;
}

type Call = (this: Layer, inputs: Value, kwargs: { training?: boolean }) => Value;

/** Parameters for a layer that lacks one: a factor of 1, a term of 0. */
function parametersOf({ gamma, beta, movingMean }: Layer): { gamma: Weight; beta: Weight } {
  const { shape } = movingMean.read();
  return { gamma: gamma ?? { read: () => tf.ones(shape) }, beta: beta ?? { read: () => tf.zeros(shape) } };
}

function train(layer: Layer, inputs: Value, kwargs: object, original: Call): Value {
  const x = Array.isArray(inputs) ? inputs[0] : inputs;
  // The fused operation normalizes the last axis of images.
  if (x.rank === 4 && (layer.axis === -1 || layer.axis === 3)) {
    return tf.tidy(() => {
      const parameters = parametersOf(layer);
      const state = {
        scale: parameters.gamma.read(),
        offset: parameters.beta.read(),
        mean: layer.movingMean.read(),
        variance: layer.movingVariance.read(),
      };
      const { y, mean, variance } = batchNormTraining(x as TensorFlow.Tensor4D, state, layer);
      layer.movingMean.write(mean);
      layer.movingVariance.write(variance);
      return y;
    });
  }
  if (currentReplica()) {
    throw new ConfigError(
      `syncBatchNorm is for images, and ${layer.name} normalizes axis ${layer.axis} of ${x.rank}.`,
      'Leave syncBatchNorm out, or that layer.',
    );
  }
  return callWhole(layer, inputs, kwargs, original);
}

/** Calls TensorFlow.js's own layer with the parameters that it lacks. */
function callWhole(layer: Layer, inputs: Value, kwargs: object, original: Call): Value {
  const { gamma, beta } = layer;
  Object.assign(layer, parametersOf(layer));
  try {
    return original.call(layer, inputs, kwargs);
  } finally {
    Object.assign(layer, { gamma, beta });
  }
}

function installLayer(): void {
  const { prototype }: { prototype: { call: Call } } = tf.layers.batchNormalization({}).constructor as never;
  const original = prototype.call;
  prototype.call = function (inputs, kwargs) {
    if (kwargs.training && this.trainable) return train(this, inputs, kwargs, original);
    return callWhole(this, inputs, { ...kwargs, training: false }, original);
  };
}

/** TensorFlow.js's setter reaches the weights of a network's own layers, and neither the layers nor what is within its blocks. */
function installTrainable(): void {
  const Container: { prototype: TensorFlow.LayersModel } = Object.getPrototypeOf(tf.LayersModel);
  Object.defineProperty(Container.prototype, 'trainable', {
    configurable: true,
    get(this: { trainable_: boolean }): boolean {
      return this.trainable_;
    },
    set(this: { trainable_: boolean; layers: TensorFlow.layers.Layer[] }, trainable: boolean) {
      for (const layer of this.layers) layer.trainable = trainable;
      this.trainable_ = trainable;
    },
  });
}

/** The layer, and `net.trainable` for a network that has it. */
export const batchNormLayer: readonly Replacement[] = [
  { name: 'BatchNormalization', install: installLayer },
  { name: 'LayersModel.trainable', install: installTrainable },
];
