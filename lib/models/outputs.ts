/**
 * What the numbers are that a network gives for each class, and what the classes are called.
 */
import { CLASS_NAMES } from '../data/classNames';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';
import { networkInfo } from './networkInfo';

/**
 * `softmax`: probabilities that sum to 1. `sigmoid`: a number from 0 to 1 for each class by itself. `logits`: anything else, of which
 * softmax makes probabilities.
 */
export type OutputKind = 'logits' | 'softmax' | 'sigmoid';

const KINDS: Readonly<Record<string, OutputKind>> = {
  softmax: 'softmax',
  sigmoid: 'sigmoid',
  hardSigmoid: 'sigmoid',
};

/** Layers that apply their `activation` last. A recurrent layer's isn't. */
const ACTIVATED = new Set(['Activation', 'Dense', 'Conv1D', 'Conv2D', 'SeparableConv2D', 'DepthwiseConv2D']);

/** Layers that give probabilities where all their inputs are probabilities. */
const KEEPING = new Set([
  'Flatten',
  'Reshape',
  'GlobalAveragePooling1D',
  'GlobalAveragePooling2D',
  'Average',
]);

/** Tells what the outputs of a network are by the layers it ends in, those of networks within it included. */
export function outputKind(net: TensorFlow.LayersModel): OutputKind {
  return kindOf(net.outputs[0]) ?? 'logits';
}

/** Undefined for the input itself. */
function kindOf(tensor: TensorFlow.SymbolicTensor): OutputKind | undefined {
  const layer = tensor.sourceLayer;
  const className = layer.getClassName();
  if (className === 'InputLayer') return undefined;
  if (layer instanceof tf.LayersModel) return kindOf(layer.outputs[tensor.tensorIndex]) ?? inputKind(tensor);
  if (className === 'Softmax') return isLastAxis(layer, tensor) ? 'softmax' : 'logits';
  const activation = ACTIVATED.has(className) ? String(layer.getConfig().activation) : '';
  if (Object.hasOwn(KINDS, activation)) return KINDS[activation];
  // Flattened images of probabilities are no longer those of one choice.
  const keepsClasses = tensor.inputs.every(({ shape }) => shape.at(-1) === tensor.shape.at(-1));
  const keeps = KEEPING.has(className) || (className === 'Activation' && activation === 'linear');
  return keeps && keepsClasses ? inputKind(tensor) : 'logits';
}

/** What all inputs of a layer are. */
function inputKind({ inputs }: TensorFlow.SymbolicTensor): OutputKind | undefined {
  const [first, ...others] = inputs.map(kindOf);
  return others.every((kind) => kind === first) ? first : 'logits';
}

function isLastAxis(layer: TensorFlow.layers.Layer, { rank }: TensorFlow.SymbolicTensor): boolean {
  const [axis, ...more] = [layer.getConfig().axis as number | number[]].flat();
  return more.length === 0 && (axis === -1 || axis === rank - 1);
}

/**
 * The names of a network's classes: its own, or CIFAR-10's.
 *
 * @throws ModelError when they don't fit its output
 */
export function classNamesOf(net: TensorFlow.LayersModel): readonly string[] {
  const { classNames = CLASS_NAMES } = networkInfo(net);
  const shape = net.outputs[0].shape; // [n, classes]
  if (net.outputs.length !== 1 || shape.length !== 2 || shape[1] !== classNames.length) {
    throw new ModelError(
      `The network's output is [${shape.join(', ')}], which doesn't fit its ${classNames.length} class names.`,
      'Say what its classes are called: setNetworkInfo(net, { classNames }).',
    );
  }
  return classNames;
}
