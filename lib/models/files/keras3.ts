/**
 * Networks of Keras 3, as TensorFlow.js's converter writes them, in the form of Keras 2, which TensorFlow.js reads.
 *
 * Keras 3 renamed fields, wraps types in objects, describes calls otherwise, and names weights by the network's or the file's structure.
 */
import { ModelError } from '../../errors';
import type { ModelJson } from './modelFiles';

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a network's description is of Keras 3. */
export function isKeras3(topology: unknown): boolean {
  return isFields(topology) && /^3\./.test(String(topology.keras_version));
}

/**
 * A model.json of Keras 3 as one of Keras 2.
 *
 * @param file it is from, for the error
 * @throws ModelError for weights whose layer can't be told
 */
export function asKeras2(json: ModelJson, file: string): ModelJson {
  const topology = converted(json.modelTopology) as Fields;
  const names = weightNames(topology);
  const rename = (name: string): string => {
    const known = names.get(name) ?? name.split('/').slice(-2).join('/');
    if (/\/vars\/\d+$/.test(name) && !names.has(name)) {
      throw new ModelError(
        `${file} is of Keras 3 and names a weight ${name}, whose layer can't be told.`,
        "Save the network as .h5 in Keras, net.save('net.h5'), and convert that: tensorflowjs_converter --input_format=keras net.h5 folder.",
      );
    }
    return known;
  };
  return {
    ...json,
    modelTopology: topology,
    weightsManifest: json.weightsManifest.map((group) => ({
      ...group,
      weights: group.weights.map((weight) => ({ ...weight, name: rename(weight.name) })),
    })),
  };
}

/** A part of a description, with all parts in it. */
function converted(part: unknown): unknown {
  if (Array.isArray(part)) return part.map(converted);
  if (!isFields(part)) return part;
  if (part.class_name === 'DTypePolicy') return (part.config as Fields).name;
  const fields = Object.fromEntries(
    Object.entries(part)
      .filter(([key]) => !['module', 'registered_name', 'build_config', 'compile_config'].includes(key))
      .map(([key, value]) => [key, key === 'inbound_nodes' ? calls(value) : converted(value)]),
  );
  if ('batch_shape' in fields) {
    const { batch_shape, ...others } = fields;
    return { ...others, batch_input_shape: batch_shape };
  }
  for (const key of ['input_layers', 'output_layers']) {
    // A single one isn't in a list.
    if (Array.isArray(fields[key]) && typeof fields[key][0] === 'string') fields[key] = [fields[key]];
  }
  return fields;
}

/** The calls of a layer: for each, the outputs of other layers that it takes. */
function calls(nodes: unknown): unknown {
  if (!Array.isArray(nodes)) return nodes;
  return nodes.map((node) => (isFields(node) && 'args' in node ? historiesIn(node.args) : node));
}

/** Where the tensors among a call's arguments come from: `[layer, call, output, {}]`. */
function historiesIn(argument: unknown): unknown[] {
  if (Array.isArray(argument)) return argument.flatMap(historiesIn);
  if (!isFields(argument) || argument.class_name !== '__keras_tensor__') return [];
  return [[...((argument.config as Fields).keras_history as unknown[]), {}]];
}

/** What a layer's weights are called, in the order in which Keras lists them. */
function namesOf(className: string, { use_bias, scale, center }: Fields): string[] | undefined {
  const bias = use_bias === false ? [] : ['bias'];
  switch (className) {
    case 'Conv1D':
    case 'Conv2D':
    case 'Conv2DTranspose':
    case 'Conv3D':
    case 'Dense':
      return ['kernel', ...bias];
    case 'DepthwiseConv2D':
      return ['depthwise_kernel', ...bias];
    case 'SeparableConv2D':
      return ['depthwise_kernel', 'pointwise_kernel', ...bias];
    case 'BatchNormalization':
      return [
        ...(scale === false ? [] : ['gamma']),
        ...(center === false ? [] : ['beta']),
        'moving_mean',
        'moving_variance',
      ];
    case 'LayerNormalization':
      return [...(scale === false ? [] : ['gamma']), ...(center === false ? [] : ['beta'])];
    case 'Embedding':
      return ['embeddings'];
    case 'PReLU':
      return ['alpha'];
    default:
      return undefined;
  }
}

/**
 * The names that weights have in a `.keras` file, `layers/conv2d_1/vars/0`, and what they are called otherwise: the layers of a class are
 * counted there.
 */
function weightNames(topology: Fields): Map<string, string> {
  const model = (topology.model_config ?? topology) as { config?: { layers?: unknown } };
  const layers = Array.isArray(model.config?.layers) ? (model.config.layers as Fields[]) : [];
  const counts = new Map<string, number>();
  const names = new Map<string, string>();
  for (const { class_name, name, config } of layers) {
    const kind = snakeCase(String(class_name));
    const count = counts.get(kind) ?? 0;
    counts.set(kind, count + 1);
    const own = (config ?? {}) as Fields;
    for (const [i, weight] of (namesOf(String(class_name), own) ?? []).entries()) {
      names.set(`layers/${kind}${count === 0 ? '' : `_${count}`}/vars/${i}`, `${name ?? own.name}/${weight}`);
    }
  }
  return names;
}

/** `Conv2D` → `conv2d`, `BatchNormalization` → `batch_normalization`, as Keras forms names. */
function snakeCase(name: string): string {
  return name
    .replace(/\W+/g, '')
    .replace(/(.)([A-Z][a-z]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}
