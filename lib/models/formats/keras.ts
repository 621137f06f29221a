/**
 * A network as Keras 3 saves one: a `.keras` file, an archive of its description and its weights.
 *
 * @see https://github.com/keras-team/keras/blob/master/keras/src/saving/saving_lib.py
 */
import type { TensorFlow } from '../../engine/runtime/tensorflow';
import { networkInfo } from '../networkInfo';
import { inputShapeOf, type Module, type Shape } from '../walk';
import { checkNotDisposed } from '../weights';
import { type Config, INPUT, pair, unknownPart, writeLayers } from './graph';
import { type Hdf5Group, hdf5 } from './hdf5';
import { writeFormat } from './writeFormat';
import { zip } from './zip';

/** The version of Keras whose files these are like. */
const VERSION = '3.5.0';

type Fields = Readonly<Record<string, unknown>>;

const dataFormat = ({ dataFormat }: Config): Fields => ({
  data_format: dataFormat === 'channelsFirst' ? 'channels_first' : 'channels_last',
});
const windows = (config: Config): Fields => ({
  strides: pair(config.strides),
  padding: config.padding,
  ...dataFormat(config),
});
const pooling = (config: Config): Fields => ({ pool_size: pair(config.poolSize), ...windows(config) });

/** Keras's settings of a layer, of TensorFlow.js's. */
const SETTINGS: Readonly<Record<string, (config: Config) => Fields>> = {
  Conv2D: (config) => ({
    filters: config.filters,
    kernel_size: pair(config.kernelSize),
    ...windows(config),
    dilation_rate: pair(config.dilationRate),
    activation: config.activation,
    use_bias: config.useBias,
  }),
  Dense: ({ units, activation, useBias }) => ({ units, activation, use_bias: useBias }),
  BatchNormalization: ({ axis, momentum, epsilon, center, scale }) => ({
    axis,
    momentum,
    epsilon,
    center,
    scale,
  }),
  ZeroPadding2D: (config) => ({ padding: config.padding, ...dataFormat(config) }),
  MaxPooling2D: pooling,
  AveragePooling2D: pooling,
  GlobalAveragePooling2D: dataFormat,
  Add: () => ({}),
  Flatten: dataFormat,
  Activation: ({ activation }) => ({ activation }),
  ReLU: () => ({}),
};

/** `batch_normalization` for `BatchNormalization`, `re_lu` for `ReLU`: how Keras calls weights by their layer's class. */
function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** An object of Keras's, as its files describe it. */
function described(module: string, className: string, config: Fields): Fields {
  return { module, class_name: className, config, registered_name: null };
}

/** The layers of a network, while it is described. */
class Description {
  readonly layers: Fields[] = [];
  /** Weights by the layer's class and how many of it came before. */
  readonly weights: Record<string, Hdf5Group> = {};
  private readonly counts = new Map<string, number>();
  private readonly shapes = new Map<string, Shape>();

  constructor(private readonly net: TensorFlow.LayersModel) {}

  /** Adds a layer, whose name is its output's. */
  private add(
    className: string,
    name: string,
    config: Fields,
    inputs: readonly string[],
    shape: Shape,
  ): void {
    const tensors = inputs.map((input) => ({
      class_name: '__keras_tensor__',
      config: { shape: this.shapes.get(input), dtype: 'float32', keras_history: [input, 0, 0] },
    }));
    const args = className === 'Add' ? [tensors] : tensors;
    this.layers.push({
      ...described('keras.layers', className, { name, trainable: true, dtype: 'float32', ...config }),
      name,
      inbound_nodes: inputs.length > 0 ? [{ args, kwargs: {} }] : [],
    });
    this.shapes.set(name, shape);
  }

  input(shape: Shape): void {
    this.add('InputLayer', INPUT, { batch_shape: shape }, [], shape);
  }

  /** Adds a layer. @returns the name of its output */
  layer({ name, layer, outputShape }: Module, inputs: readonly string[]): string {
    const className = layer.getClassName();
    if (className === 'Dropout') return inputs[0];
    const settings = SETTINGS[className];
    if (!settings) throw unknownPart(this.net, `a layer ${name} of ${className}`, 'a .keras file');
    this.add(className, name, settings(layer.getConfig() as Config), inputs, outputShape);
    const kind = snakeCase(className);
    const count = this.counts.get(kind) ?? 0;
    this.counts.set(kind, count + 1);
    const vars = layer.getWeights().map((weight, i) => {
      const values = weight.dataSync() as Float32Array;
      return [String(i), { shape: weight.shape, values }] as const;
    });
    this.weights[count > 0 ? `${kind}_${count}` : kind] = { vars: Object.fromEntries(vars) };
    return name;
  }
}

/**
 * Saves a network as Keras 3's `.keras` file, which `keras.saving.load_model` loads with any of its backends: images [n, height, width, channels],
 * normalized as in training. Blocks are opened up, and dropout, which does nothing at prediction, is left out. Class names and normalization are in
 * the file's `metadata.json`.
 *
 * @param path of the file; it is there whole or not at all
 * @throws ModelError where a layer can't be written for Keras, or the file can't be written
 */
export async function saveKeras(net: TensorFlow.LayersModel, path: string | URL): Promise<void> {
  checkNotDisposed(net);
  const description = new Description(net);
  description.input(inputShapeOf(net));
  const last = writeLayers(net, (module, inputs) => description.layer(module, inputs));
  const config = described('keras.src.models.functional', 'Functional', {
    name: net.name,
    trainable: true,
    layers: description.layers,
    input_layers: [INPUT, 0, 0],
    output_layers: [last, 0, 0],
  });
  const json = (value: object) => Buffer.from(JSON.stringify(value));
  await writeFormat(
    path,
    zip({
      'metadata.json': json({ keras_version: VERSION, network: networkInfo(net) }),
      'config.json': json(config),
      'model.weights.h5': hdf5({ layers: description.weights, vars: {} }),
    }),
  );
}
