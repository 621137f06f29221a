/**
 * A network as TensorFlow's SavedModel, its weights as constants in the graph: what Python's TensorFlow, TensorFlow Serving and Lite's converter load.
 *
 * @see tensorflow/core/protobuf/saved_model.proto, meta_graph.proto and framework/node_def.proto
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { filePath } from '../../checks';
import { type Field, message } from '../../engine/runtime/protobuf';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { ModelError } from '../../errors';
import { networkInfo } from '../networkInfo';
import { inputShapeOf, type Module, type Shape } from '../walk';
import { checkNotDisposed } from '../weights';
import { batchNormParts, type Config, INPUT, outputName, pair, unknownPart, writeLayers } from './graph';
import { writeFormat } from './writeFormat';

/** The graph's version, TensorFlow 2.16's; its operations are as old as TensorFlow 1. */
const PRODUCER = 1766;

/** TensorFlow's numbers for types. */
const FLOAT = 1;
const INT32 = 3;

const TYPE: Attribute = { type: FLOAT };
const INDICES: Attribute = { type: INT32 };
const NHWC: Attribute = 'NHWC';

/** A text, a truth value, whole numbers, a type, a shape, or a tensor. */
type Attribute =
  | string
  | boolean
  | readonly number[]
  | { type: number }
  | { shape: Shape }
  | { tensor: Uint8Array };

/** A tensor's shape; the batch's size is any. */
function shapeProto(shape: Shape): Uint8Array {
  return message(...shape.map((size): Field => [2, message([1, size ?? -1])]));
}

function attribute(value: Attribute): Uint8Array {
  if (typeof value === 'string') return message([2, value]);
  if (typeof value === 'boolean') return message([5, Number(value)]);
  if (Array.isArray(value)) return message([1, message(...value.map((item): Field => [3, item]))]);
  if ('type' in value) return message([6, value.type]);
  if ('shape' in value) return message([7, shapeProto(value.shape)]);
  return message([8, (value as { tensor: Uint8Array }).tensor]);
}

/** What activations are called; `linear` is none. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  relu: 'Relu',
  sigmoid: 'Sigmoid',
  tanh: 'Tanh',
  softmax: 'Softmax',
};

/** The nodes of a graph, while it is made. */
class Graph {
  readonly nodes: Uint8Array[] = [];

  constructor(private readonly net: TensorFlow.LayersModel) {}

  /** Adds a node. @returns its name, which is its output's */
  node(
    operation: string,
    name: string,
    inputs: readonly string[],
    attributes: Record<string, Attribute>,
  ): string {
    this.nodes.push(
      message(
        [1, name],
        [2, operation],
        ...inputs.map((input): Field => [3, input]),
        ...Object.entries(attributes).map(
          ([key, value]): Field => [5, message([1, key], [2, attribute(value)])],
        ),
      ),
    );
    return name;
  }

  private constant(name: string, shape: Shape, type: number, values: Float32Array | Int32Array): string {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const tensor = message([1, type], [2, shapeProto(shape)], [4, bytes]);
    return this.node('Const', name, [], { dtype: { type }, value: { tensor } });
  }

  private weight(name: string, weight: TensorFlow.Tensor): string {
    return this.constant(name, weight.shape, FLOAT, weight.dataSync() as Float32Array);
  }

  private integers(name: string, values: readonly number[], shape: Shape = [values.length]): string {
    return this.constant(name, shape, INT32, Int32Array.from(values));
  }

  private unknown(what: string): ModelError {
    return unknownPart(this.net, what, 'SavedModel');
  }

  private activated(output: string, config: Config, name: string): string {
    const activation = String(config.activation ?? 'linear');
    if (activation === 'linear') return output;
    const known = ACTIVATIONS[activation];
    if (known) return this.node(known, `${name}/${activation}`, [output], { T: TYPE });
    throw this.unknown(`the activation ${activation} in ${name}`);
  }

  /** A convolution's or linear layer's output, with its bias and activation. */
  private biased(output: string, bias: TensorFlow.Tensor | undefined, config: Config, name: string): string {
    if (!bias) return this.activated(output, config, name);
    const sum = this.node('BiasAdd', `${name}/biased`, [output, this.weight(`${name}/bias`, bias)], {
      T: TYPE,
    });
    return this.activated(sum, config, name);
  }

  /** Adds a layer. @returns the name of its output */
  layer({ name, layer, inputShape, outputShape }: Module, inputs: readonly string[]): string {
    const config = layer.getConfig() as Config;
    const kind = layer.getClassName();
    if (config.dataFormat === 'channelsFirst' && kind !== 'ZeroPadding2D') {
      throw this.unknown(`a layer ${name} with its channels first`);
    }
    switch (kind) {
      case 'Conv2D': {
        const [kernel, bias] = layer.getWeights();
        const convolved = this.node('Conv2D', name, [...inputs, this.weight(`${name}/kernel`, kernel)], {
          ...{ T: TYPE, data_format: NHWC },
          ...windows(config),
          dilations: [1, ...pair(config.dilationRate), 1],
        });
        return this.biased(convolved, bias, config, name);
      }
      case 'Dense': {
        if (inputShape.length !== 2) {
          throw this.unknown(`a linear layer ${name} over ${inputShape.length - 1} axes`);
        }
        const [kernel, bias] = layer.getWeights();
        const product = this.node('MatMul', name, [...inputs, this.weight(`${name}/kernel`, kernel)], {
          T: TYPE,
          transpose_a: false,
          transpose_b: false,
        });
        return this.biased(product, bias, config, name);
      }
      case 'BatchNormalization':
        return this.batchNorm(name, layer, config, inputs);
      case 'ZeroPadding2D': {
        const padding = (config.padding as number[][]).flat();
        // Of a layer with its channels first, the last two axes here are width and channels.
        const all =
          config.dataFormat === 'channelsFirst' ? [0, 0, 0, 0, ...padding] : [0, 0, ...padding, 0, 0];
        const sizes = this.integers(`${name}/paddings`, all, [4, 2]);
        return this.node('Pad', name, [...inputs, sizes], { T: TYPE, Tpaddings: INDICES });
      }
      case 'MaxPooling2D':
      case 'AveragePooling2D':
        return this.node(kind === 'MaxPooling2D' ? 'MaxPool' : 'AvgPool', name, inputs, {
          ...{ T: TYPE, data_format: NHWC },
          ...windows(config),
          ksize: [1, ...pair(config.poolSize), 1],
        });
      case 'GlobalAveragePooling2D': {
        const axes = this.integers(`${name}/axes`, [1, 2]);
        return this.node('Mean', name, [...inputs, axes], { T: TYPE, Tidx: INDICES, keep_dims: false });
      }
      case 'Add':
        return inputs
          .slice(1)
          .reduce(
            (sum, input, i) => this.node('AddV2', `${name}/${i}`, [sum, input], { T: TYPE }),
            inputs[0],
          );
      case 'Flatten': {
        const shape = this.integers(`${name}/shape`, [-1, Number(outputShape[1])]);
        return this.node('Reshape', name, [...inputs, shape], { T: TYPE, Tshape: INDICES });
      }
      case 'Activation':
        return this.activated(inputs[0], config, name);
      case 'ReLU':
        return this.activated(inputs[0], { activation: 'relu' }, name);
      case 'Dropout':
        return inputs[0];
      default:
        throw this.unknown(`a layer ${name} of ${kind}`);
    }
  }

  /** As a factor and an offset for each channel. */
  private batchNorm(
    name: string,
    layer: TensorFlow.layers.Layer,
    config: Config,
    inputs: readonly string[],
  ): string {
    const [factor, offset] = tf.tidy(() => {
      const { gamma, beta, mean, variance } = batchNormParts(layer, config);
      const scale = gamma.div(variance.add(Number(config.epsilon)).sqrt());
      return [this.weight(`${name}/factor`, scale), this.weight(`${name}/offset`, beta.sub(mean.mul(scale)))];
    });
    const scaled = this.node('Mul', `${name}/scaled`, [...inputs, factor], { T: TYPE });
    return this.node('AddV2', name, [scaled, offset], { T: TYPE });
  }
}

/** Windows of a convolution or pooling. */
function windows({ strides, padding }: Config): Record<string, Attribute> {
  return { strides: [1, ...pair(strides), 1], padding: padding === 'same' ? 'SAME' : 'VALID' };
}

/** What goes in or comes out, for who calls. */
function tensorInfo(name: string, shape: Shape): Uint8Array {
  return message([1, `${name}:0`], [2, FLOAT], [3, shapeProto(shape)]);
}

/** An entry of a map. */
const entry = (key: string, value: Uint8Array): Uint8Array => message([1, key], [2, value]);

/**
 * Saves a network as a SavedModel, which `tf.saved_model.load` of Python loads. Its signature `serving_default` takes `images` [n, height, width,
 * channels], normalized as in training, and gives `logits` [n, classes], or `probabilities` of a network that ends in softmax or sigmoid. Class
 * names and normalization are in its `assets.extra/network.json`.
 *
 * @param path of the folder
 * @throws ModelError where a layer can't be written as SavedModel, or the folder can't be written
 */
export async function saveSavedModel(net: TensorFlow.LayersModel, path: string | URL): Promise<void> {
  checkNotDisposed(net);
  const folder = filePath(path, ModelError);
  const graph = new Graph(net);
  const inputShape = inputShapeOf(net);
  graph.node('Placeholder', INPUT, [], { dtype: TYPE, shape: { shape: inputShape } });
  const last = writeLayers(net, (module, inputs) => graph.layer(module, inputs));
  const output = outputName(net);
  if (last !== output) graph.node('Identity', output, [last], { T: TYPE });
  const signature = message(
    [1, entry(INPUT, tensorInfo(INPUT, inputShape))],
    [2, entry(output, tensorInfo(output, net.outputs[0].shape as Shape))],
    [3, 'tensorflow/serving/predict'],
  );
  const metaGraph = message(
    [1, message([4, 'serve'])],
    [2, message(...graph.nodes.map((node): Field => [1, node]), [4, message([1, PRODUCER])])],
    [5, entry('serving_default', signature)],
  );
  const extra = join(folder, 'assets.extra');
  await mkdir(extra, { recursive: true }).catch((cause: Error) => {
    throw new ModelError(`${folder} can't be written: ${cause.message}.`, 'Choose another path.', { cause });
  });
  await writeFormat(join(extra, 'network.json'), Buffer.from(JSON.stringify(networkInfo(net), null, 2)));
  await writeFormat(join(folder, 'saved_model.pb'), message([1, 1], [2, metaGraph]));
}
