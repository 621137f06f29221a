/**
 * What formats that hold a graph of operations have in common.
 */
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { ModelError } from '../../errors';
import { outputKind } from '../outputs';
import { inputShapeOf, type Module, modulesOf } from '../walk';

/** What a network's input is called in them. */
export const INPUT = 'images';

/** What a network's output is called in them. */
export function outputName(net: TensorFlow.LayersModel): 'logits' | 'probabilities' {
  return outputKind(net) === 'logits' ? 'logits' : 'probabilities';
}

/** A layer's settings. */
export type Config = Readonly<Record<string, unknown>>;

/** A setting for height and width, which may be one number for both. */
export function pair(setting: unknown): number[] {
  return Array.isArray(setting) ? setting : [Number(setting ?? 1), Number(setting ?? 1)];
}

/** What a batch normalization computes by, one number a channel: those that it was made without too. Within `tf.tidy`. */
export function batchNormParts(
  layer: TensorFlow.layers.Layer,
  config: Config,
): {
  gamma: TensorFlow.Tensor;
  beta: TensorFlow.Tensor;
  mean: TensorFlow.Tensor;
  variance: TensorFlow.Tensor;
} {
  const rest = layer.getWeights();
  const [one] = rest;
  const gamma = config.scale === false ? tf.onesLike(one) : rest.shift()!;
  const beta = config.center === false ? tf.zerosLike(one) : rest.shift()!;
  const [mean, variance] = rest;
  return { gamma, beta, mean, variance };
}

/**
 * Writes a network's layers in their order, those of blocks in their place.
 *
 * @param write writes a layer with the names of its inputs, and returns the name of its output
 * @returns the name of the last one's output
 */
export function writeLayers(
  net: TensorFlow.LayersModel,
  write: (module: Module, inputs: readonly string[]) => string,
): string {
  return writeModules(modulesOf(net, inputShapeOf(net)), INPUT, write);
}

function writeModules(
  modules: readonly Module[],
  input: string,
  write: (module: Module, inputs: readonly string[]) => string,
): string {
  const outputs = new Map<TensorFlow.layers.Layer, string>();
  let last = input;
  for (const module of modules) {
    const inputs = module.inputs.map((layer) => outputs.get(layer) ?? input);
    last =
      module.children.length > 0 ? writeModules(module.children, inputs[0], write) : write(module, inputs);
    outputs.set(module.layer, last);
  }
  return last;
}

/** For what a format has no words for. */
export function unknownPart(net: TensorFlow.LayersModel, what: string, format: string): ModelError {
  return new ModelError(
    `${net.name} has ${what}, which isn't written as ${format}.`,
    'Networks of convolutions, batch normalizations, poolings, sums and linear layers are.',
  );
}
