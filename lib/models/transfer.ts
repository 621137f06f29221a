/**
 * A trained network for another task: its first layers kept as they are, its head replaced.
 */
import { checkForm, checkPositiveInteger } from '../checks';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';
import { linear, type Symbolic } from './layers';
import { networkInfo, setNetworkInfo } from './networkInfo';
import { inputShapeOf, modulesOf } from './walk';
import { checkNotDisposed } from './weights';

/**
 * Freezes a network from its input up to a module: `train` leaves the weights of these layers as they are, and their batch normalization
 * runs in inference mode. `net.trainable = true` thaws all of it.
 *
 * @param upTo the last module to freeze, by the name that `tree` and `summary` show: `layer3`, `layer2.1`, `features.bn`
 * @returns the names of the modules that are frozen
 * @throws ModelError where there is no module of that name
 */
export function freeze(net: TensorFlow.LayersModel, upTo: string): string[] {
  checkNotDisposed(net);
  const modules = modulesOf(net, inputShapeOf(net));
  const last = modules.map(({ name }) => name === upTo || name.startsWith(`${upTo}.`)).lastIndexOf(true);
  if (last < 0) {
    const names = modules.map(({ name }) => name);
    throw new ModelError(`There is no module '${upTo}' in the network.`, `Name one of: ${names.join(', ')}.`);
  }
  const frozen = modules.slice(0, last + 1);
  for (const { layer } of frozen) layer.trainable = false;
  return frozen.map(({ name }) => name);
}

/**
 * A network's last layer.
 *
 * @throws ModelError where it isn't a fully connected one
 */
export function classifierOf(net: TensorFlow.LayersModel): TensorFlow.layers.Layer {
  checkNotDisposed(net);
  const { sourceLayer } = net.outputs[0];
  if (net.outputs.length === 1 && sourceLayer.getClassName() === 'Dense') return sourceLayer;
  throw new ModelError(
    `The network ends in ${sourceLayer.name}, which is ${sourceLayer.getClassName()}, not a fully connected layer.`,
    'Give a network that ends in tf.layers.dense, as resnet18() does.',
  );
}

/** What `replaceHead` takes. */
export interface ReplaceHeadOptions {
  /** Of the new weights. Default 0. */
  seed?: number;
}

/**
 * Makes a network of another one's layers, with a new last layer for other classes. It shares the other layers' weights with that network,
 * and what is known of it but its classes.
 *
 * @param classes how many, or their names
 * @returns the new network: `[n, h, w, c]` → logits `[n, classes]`
 * @throws ModelError where the network's last layer isn't a fully connected one
 */
export function replaceHead(
  net: TensorFlow.LayersModel,
  classes: number | readonly string[],
  options: ReplaceHeadOptions = {},
): TensorFlow.LayersModel {
  checkNotDisposed(net);
  const { seed = 0 } = checkForm('options', options, {}, 'Give for example { seed: 1 }.');
  if (typeof classes !== 'number') {
    checkForm('classes', classes, ['string'], 'Give how many classes there are, or the name of each.');
  }
  const count = typeof classes === 'number' ? classes : classes.length;
  checkPositiveInteger('classes', count);
  const head = classifierOf(net);
  const features = net.outputs[0].inputs[0] as Symbolic; // [n, features]
  const made = tf.model({
    inputs: net.inputs,
    outputs: linear(features, count, head.name, seed),
    name: net.name,
  });
  const { architecture, normalization } = networkInfo(net);
  setNetworkInfo(made, {
    architecture,
    normalization,
    ...(typeof classes === 'number' ? {} : { classNames: classes }),
  });
  return made;
}
