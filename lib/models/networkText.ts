/**
 * Networks and layers as text, at most a screenful.
 */
import { inspect } from 'node:util';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { count, tableLines } from '../showAs';
import { networkInfo } from './networkInfo';
import { summary } from './summary';
import { hasDisposedWeights } from './weights';

type Shape = TensorFlow.Shape;

/** The moving statistics of batch normalization, which PyTorch doesn't count as parameters. A name that is there already gets a number. */
const STATISTICS = /\/moving_(mean|variance)(_\d+)?$/;

/** `[n, 32, 32, 3]` */
export function shapeText(shape: Shape): string {
  return `[${shape.map((size, i) => size ?? (i === 0 ? 'n' : 'any')).join(', ')}]`;
}

/** What a layer gives; empty where it gives nothing yet, or several things, as where it is used twice. */
function outputText(layer: TensorFlow.layers.Layer): string {
  try {
    const shapes =
      layer instanceof tf.LayersModel ? layer.outputs.map(({ shape }) => shape) : layer.outputShape;
    return Array.isArray(shapes[0])
      ? (shapes as Shape[]).map(shapeText).join(', ')
      : shapeText(shapes as Shape);
  } catch {
    return '';
  }
}

function inputText(layer: TensorFlow.layers.Layer): string {
  try {
    const inputs = layer instanceof tf.LayersModel ? layer.inputs : [layer.input].flat();
    return inputs.map(({ shape }) => shapeText(shape)).join(', ');
  } catch {
    return '';
  }
}

function countOf(weights: readonly TensorFlow.LayerVariable[]): number {
  return weights
    .filter(({ name }) => !STATISTICS.test(name))
    .reduce((sum, { shape }) => sum + shape.reduce<number>((product, size) => product * (size ?? 1), 1), 0);
}

/** A layer or a network in one line. */
export function shortLayerText(layer: TensorFlow.layers.Layer): string {
  const kind = layer.getClassName() === 'Model' ? 'LayersModel' : layer.getClassName();
  const [from, to] = [inputText(layer), outputText(layer)];
  const [all, trainable] = [countOf(layer.weights), countOf(layer.trainableWeights)];
  const parts = [
    ...(from && to ? [`${from} → ${to}`] : []),
    ...(from || all > 0 ? [`${count(all)} parameters`] : ['not built yet']),
    ...(trainable < all ? [`${count(trainable)} of them trainable`] : []),
    ...(hasDisposedWeights(layer) ? ['its weights disposed'] : []),
  ];
  return `${kind} '${layer.name}': ${parts.join(', ')}`;
}

/** A layer with its settings, without those that are left as they are where nothing is said. */
export function layerText(layer: TensorFlow.layers.Layer): string {
  const settings = Object.entries(layer.getConfig()).filter(
    ([name, value]) =>
      (value ?? undefined) !== undefined && !/^(name|trainable|dtype|.*[iI]nitializer)$/.test(name),
  );
  const text = settings.length > 0 ? ` ${inspect(Object.fromEntries(settings), { depth: 1 })}` : '';
  return `${shortLayerText(layer)}${text}`;
}

/** A network's first line, then its layers with what they give and how many parameters they have, as `summary` tells them. */
export function networkText(net: TensorFlow.LayersModel): string {
  const { architecture } = networkInfo(net);
  const title = `${shortLayerText(net)}${architecture ? `, ${architecture}` : ''}`;
  const rows = rowsOf(net);
  return [title, ...(rows.length > 0 ? tableLines(['Layer', 'Output', 'Parameters'], rows) : [])].join('\n');
}

function rowsOf(net: TensorFlow.LayersModel): string[][] {
  // The summary is of networks with one input of a known size.
  if (net.inputs?.length === 1 && !net.inputs[0].shape.slice(1).includes(null)) {
    return summary(net).rows.map(({ name, outputShape, parameters }) => [
      name,
      shapeText([null, ...outputShape.slice(1)]),
      count(parameters),
    ]);
  }
  return net.layers
    .filter((layer) => layer.getClassName() !== 'InputLayer')
    .map((layer) => [
      `${layer.name} (${layer.getClassName()})`,
      outputText(layer),
      count(countOf(layer.weights)),
    ]);
}
