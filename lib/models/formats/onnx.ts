/**
 * A network as an ONNX file, which onnxruntime and others run: images are [n, channels, height, width] there, of any number.
 *
 * @see https://github.com/onnx/onnx/blob/main/onnx/onnx.proto and docs/Operators.md beside it
 */

import { type Field, message } from '../../engine/runtime/protobuf';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { computedNumbers } from '../../engine/runtime/values';
import type { ModelError } from '../../errors';
import { networkInfo } from '../networkInfo';
import { inputShapeOf, type Module } from '../walk';
import { checkNotDisposed } from '../weights';
import { batchNormParts, type Config, INPUT, outputName, pair, unknownPart, writeLayers } from './graph';
import { writeFormat } from './writeFormat';

/** The operators' version, of 2024: read by onnxruntime 1.18 and later. */
const OPERATORS = 21;
const FORMAT = 10;

/** ONNX's numbers for kinds of elements and of attributes. */
const FLOAT = 1;
const INT64 = 7;
const KINDS = { float: 1, int: 2, string: 3, ints: 7 };

type Attributes = Readonly<Record<string, number | string | readonly number[] | { float: number }>>;

function attribute(name: string, value: Attributes[string]): Uint8Array {
  const all = (kind: number, ...fields: Field[]) => message([1, name], ...fields, [20, kind]);
  if (typeof value === 'number') return all(KINDS.int, [3, value]);
  if (typeof value === 'string') return all(KINDS.string, [4, value]);
  if ('float' in value) return all(KINDS.float, [2, value]);
  return all(KINDS.ints, ...value.map((item): Field => [8, item]));
}

function tensor(name: string, shape: readonly number[], kind: number, values: ArrayBufferView): Uint8Array {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return message(...shape.map((size): Field => [1, size]), [2, kind], [8, name], [9, bytes]);
}

/** A tensor that goes in or out, of any batch. */
function valueInfo(name: string, sizes: readonly (number | null)[]): Uint8Array {
  const dimensions = sizes.map(
    (size): Field => [1, size === null ? message([2, 'batch']) : message([1, size])],
  );
  return message([1, name], [2, message([1, message([1, FLOAT], [2, message(...dimensions)])])]);
}

/** What activations are called; `linear` is none. */
const ACTIVATIONS: Readonly<Record<string, [operator: string, Attributes]>> = {
  relu: ['Relu', {}],
  sigmoid: ['Sigmoid', {}],
  tanh: ['Tanh', {}],
  softmax: ['Softmax', { axis: 1 }],
};

/** The nodes and weights of a graph, while it is made. */
class Graph {
  readonly nodes: Uint8Array[] = [];
  readonly initializers: Uint8Array[] = [];

  constructor(private readonly net: TensorFlow.LayersModel) {}

  /** Adds a node; its name is its output's. */
  node(operator: string, inputs: readonly string[], output: string, attributes: Attributes = {}): string {
    this.nodes.push(
      message(
        ...inputs.map((input): Field => [1, input]),
        [2, output],
        [3, output],
        [4, operator],
        ...Object.entries(attributes).map(([name, value]): Field => [5, attribute(name, value)]),
      ),
    );
    return output;
  }

  /** Adds a weight, its axes in another order. */
  weight(name: string, value: TensorFlow.Tensor, order?: number[]): string {
    const axes = order ?? value.shape.map((_, axis) => axis);
    const shape = axes.map((axis) => value.shape[axis]);
    const values = computedNumbers(() => tf.transpose(value, axes));
    this.initializers.push(tensor(name, shape, FLOAT, values));
    return name;
  }

  integers(name: string, values: readonly number[]): string {
    this.initializers.push(tensor(name, [values.length], INT64, BigInt64Array.from(values, BigInt)));
    return name;
  }

  private activated(output: string, config: Config, name: string): string {
    const activation = String(config.activation ?? 'linear');
    if (activation === 'linear') return output;
    const known = ACTIVATIONS[activation];
    if (known) return this.node(known[0], [output], `${name}.${activation}`, known[1]);
    throw this.unknown(`the activation ${activation} in ${name}`);
  }

  private unknown(what: string): ModelError {
    return unknownPart(this.net, what, 'ONNX');
  }

  /** Adds a layer. @returns the name of its output */
  layer({ name, layer, inputs: before, inputShape }: Module, inputs: readonly string[]): string {
    const config = layer.getConfig() as Config;
    const weights = () => layer.getWeights();
    switch (layer.getClassName()) {
      case 'Conv2D': {
        const [kernel, bias] = weights();
        const names = [this.weight(`${name}.weight`, kernel, [3, 2, 0, 1])];
        if (bias) names.push(this.weight(`${name}.bias`, bias));
        const dilations = pair(config.dilationRate);
        return this.activated(
          this.node('Conv', [...inputs, ...names], name, { ...windows(config, kernel.shape), dilations }),
          config,
          name,
        );
      }
      case 'Dense': {
        if (inputShape.length !== 2)
          throw this.unknown(`a linear layer ${name} over ${inputShape.length - 1} axes`);
        const [kernel, bias] = weights();
        const names = [this.weight(`${name}.weight`, kernel)];
        if (bias) names.push(this.weight(`${name}.bias`, bias));
        return this.activated(this.node('Gemm', [...inputs, ...names], name), config, name);
      }
      case 'BatchNormalization':
        return this.batchNorm(name, layer, config, inputs);
      case 'ZeroPadding2D': {
        const [[top, bottom], [left, right]] = config.padding as [[number, number], [number, number]];
        // Of a layer with its channels first, the last two axes here are width and channels.
        const [begins, ends] =
          config.dataFormat === 'channelsFirst'
            ? [
                [left, 0, top],
                [right, 0, bottom],
              ]
            : [
                [0, top, left],
                [0, bottom, right],
              ];
        return this.node('Pad', [...inputs, this.integers(`${name}.pads`, [0, ...begins, 0, ...ends])], name);
      }
      case 'MaxPooling2D':
        return this.node('MaxPool', inputs, name, windows(config, pair(config.poolSize)));
      case 'AveragePooling2D':
        return this.node('AveragePool', inputs, name, windows(config, pair(config.poolSize)));
      case 'GlobalAveragePooling2D':
        return this.node('Flatten', [this.node('GlobalAveragePool', inputs, `${name}.mean`)], name);
      case 'Add':
        return inputs
          .slice(1)
          .reduce(
            (sum, input, i) => this.node('Add', [sum, input], i < inputs.length - 2 ? `${name}.${i}` : name),
            inputs[0],
          );
      case 'Flatten': {
        const isMap =
          before.length === 1 && inputShape.length === 4 && inputShape[1] !== 1 && inputShape[2] !== 1;
        const ordered = isMap
          ? this.node('Transpose', inputs, `${name}.order`, { perm: [0, 2, 3, 1] })
          : inputs[0];
        return this.node('Flatten', [ordered], name);
      }
      case 'Activation':
        return this.activated(inputs[0], config, name);
      case 'ReLU':
        return this.activated(inputs[0], { activation: 'relu' }, name);
      case 'Dropout':
        return inputs[0];
      default:
        throw this.unknown(`a layer ${name} of ${layer.getClassName()}`);
    }
  }

  private batchNorm(
    name: string,
    layer: TensorFlow.layers.Layer,
    config: Config,
    inputs: readonly string[],
  ): string {
    const names = tf.tidy(() => {
      const { gamma, beta, mean, variance } = batchNormParts(layer, config);
      const parts = { weight: gamma, bias: beta, running_mean: mean, running_var: variance };
      return Object.entries(parts).map(([part, value]) => this.weight(`${name}.${part}`, value));
    });
    return this.node('BatchNormalization', [...inputs, ...names], name, {
      epsilon: { float: Number(config.epsilon) },
    });
  }
}

/** Windows of a convolution or pooling. TensorFlow's `same` has what is odd behind, as ONNX's SAME_UPPER. */
function windows({ strides, padding }: Config, [height, width]: readonly number[]): Attributes {
  return {
    kernel_shape: [height, width],
    strides: pair(strides),
    auto_pad: padding === 'same' ? 'SAME_UPPER' : 'VALID',
  };
}

/** [n, height, width, channels] as ONNX has it. */
function channelsFirst(shape: readonly (number | null)[]): (number | null)[] {
  return shape.length === 4 ? [shape[0], shape[3], shape[1], shape[2]] : [...shape];
}

/**
 * Saves a network as ONNX, for onnxruntime and whatever else reads that: input `images` [n, channels, height, width], normalized as in training;
 * output `logits` [n, classes], or `probabilities` of a network that ends in softmax or sigmoid. Class names and normalization are in the file's
 * metadata, as JSON.
 *
 * @param path of the file; it is there whole or not at all
 * @throws ModelError where a layer can't be written as ONNX, or the file can't be written
 */
export async function saveOnnx(net: TensorFlow.LayersModel, path: string | URL): Promise<void> {
  checkNotDisposed(net);
  const graph = new Graph(net);
  const last = writeLayers(net, (module, inputs) => graph.layer(module, inputs));
  const output = outputName(net);
  if (last !== output) graph.node('Identity', [last], output);
  const metadata = Object.entries(networkInfo(net)).map(
    ([key, value]): Field => [
      14,
      message([1, key], [2, typeof value === 'string' ? value : JSON.stringify(value)]),
    ],
  );
  const model = message(
    [1, FORMAT],
    [2, 'resnet-notebooks'],
    [
      7,
      message(
        ...graph.nodes.map((node): Field => [1, node]),
        [2, net.name],
        ...graph.initializers.map((initializer): Field => [5, initializer]),
        [11, valueInfo(INPUT, channelsFirst(inputShapeOf(net)))],
        [12, valueInfo(output, net.outputs[0].shape)],
      ),
    ],
    [8, message([1, ''], [2, OPERATORS])],
    ...metadata,
  );
  await writeFormat(path, model);
}
