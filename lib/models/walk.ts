/**
 * A network as the reader knows it: its modules in the order in which they run, blocks opened up.
 */
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';
import { checkIsNetwork } from './weights';

/** One layer or block of a network. */
export interface Module {
  /** Its full name, `layer1.0.conv1`. */
  name: string;
  layer: TensorFlow.layers.Layer;
  /** `[null, h, w, c]` or `[null, features]`: the first size is the batch's. */
  inputShape: Shape;
  outputShape: Shape;
  /** The layers that it computes from. */
  inputs: TensorFlow.layers.Layer[];
  /** The modules inside a block; empty for a layer. */
  children: Module[];
}

/** Sizes, the batch's null. */
export type Shape = (number | null)[];

interface Node {
  inboundLayers: TensorFlow.layers.Layer[];
  outputTensors: TensorFlow.SymbolicTensor[];
}

/** The structure that TensorFlow.js keeps and its declarations hide. */
interface Structure {
  inboundNodes: Node[];
  outputLayers: TensorFlow.layers.Layer[];
  /** Of a `tf.sequential`: the network that it makes of its layers. */
  model?: TensorFlow.LayersModel;
}

/**
 * The shape that a network takes, the batch's size first.
 *
 * @throws ModelError for a network without layers, or with several inputs
 */
export function inputShapeOf(net: TensorFlow.LayersModel): Shape {
  checkIsNetwork(net);
  const { inputs = [] } = net;
  if (inputs.length === 1) return inputs[0].shape as Shape;
  throw inputs.length === 0
    ? new ModelError(`${net.name} has no layers yet.`, 'Add some; the first one needs an inputShape.')
    : new ModelError(`${net.name} has ${inputs.length} inputs.`, 'Give a network with one input.');
}

/**
 * The modules of a network for inputs of one shape: each after those it computes from, a sum's branches one after the
 * other; input layers are left out.
 *
 * @param inputShape with the batch's size first, as null
 */
export function modulesOf(net: TensorFlow.LayersModel, inputShape: Shape): Module[] {
  if (!net.built) net.build([]); // a tf.sequential, whose layers stand alone until then
  const { model = net } = net as unknown as Structure;
  const shapes = new Map<TensorFlow.layers.Layer, Shape>();
  const modules: Module[] = [];
  const members = new Set(model.layers);

  const visit = (layer: TensorFlow.layers.Layer): Shape => {
    const known = shapes.get(layer);
    if (known) return known;
    if (layer.getClassName() === 'InputLayer') return inputShape;
    const inputs = nodeOf(layer, members).inboundLayers;
    const inputShapes = inputs.map(visit);
    const outputShape = layer.computeOutputShape(inputs.length === 1 ? inputShapes[0] : inputShapes) as Shape;
    shapes.set(layer, outputShape);
    const children = layer instanceof tf.LayersModel ? modulesOf(layer, inputShapes[0]) : [];
    modules.push({ name: layer.name, layer, inputShape: inputShapes[0], outputShape, inputs, children });
    return outputShape;
  };

  (model as unknown as Structure).outputLayers.forEach(visit);
  return modules;
}

/** A network's layers, those of its blocks in their place. */
export function layersOf(net: TensorFlow.LayersModel): TensorFlow.layers.Layer[] {
  return net.layers.flatMap((layer) => (layer instanceof tf.LayersModel ? layersOf(layer) : [layer]));
}

/**
 * What a layer gives where it stands in a network; a block also has an output where it stands alone.
 *
 * @throws ValueError of TensorFlow.js when there is no layer of that name
 */
export function outputIn(net: TensorFlow.LayersModel, name: string): TensorFlow.SymbolicTensor {
  return nodeOf(net.getLayer(name), new Set(net.layers)).outputTensors[0];
}

/** A layer's place among others. A block also has the node of its own making, and one for each other network it may stand in. */
function nodeOf(layer: TensorFlow.layers.Layer, members: ReadonlySet<TensorFlow.layers.Layer>): Node {
  return (layer as unknown as Structure).inboundNodes.find(
    ({ inboundLayers }) => inboundLayers.length > 0 && inboundLayers.every((inbound) => members.has(inbound)),
  )!;
}
