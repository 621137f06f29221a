/**
 * The layers that the networks are composed of: TensorFlow.js's own, with PyTorch's padding and initial values said once.
 */
import { truncatedNormal } from '../engine/operations/truncatedNormal';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';

/** Where a layer's output stands in the network that is being composed. */
export type Symbolic = TensorFlow.SymbolicTensor;

interface Initializer {
  apply(shape: number[]): TensorFlow.Tensor;
}

const VarianceScaling = tf.initializers.heNormal({}).constructor as unknown as new (
  config: object,
) => Initializer;

/** He initialization drawn by TensorFlow, 50 times faster than in JavaScript; saved as TensorFlow.js's `VarianceScaling`. */
class HeNormal extends VarianceScaling {
  static readonly className = 'VarianceScaling';

  constructor(private readonly drawSeed: number) {
    super({ scale: 2, mode: 'fanIn', distribution: 'normal', seed: drawSeed });
  }

  override apply(shape: number[]): TensorFlow.Tensor {
    const fanIn = shape.slice(0, -1).reduce((product, size) => product * size, 1);
    return tf.tidy(() => tf.mul(truncatedNormal(shape, this.drawSeed), Math.sqrt(2 / fanIn)));
  }
}

/** A seed of its own for each layer, told from the network's seed and the layer's name. */
function layerSeed(seed: number, name: string): number {
  let hash = seed | 0;
  for (const character of name) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) | 0;
  return hash;
}

function apply(layer: TensorFlow.layers.Layer, x: Symbolic): Symbolic {
  return layer.apply(x) as Symbolic;
}

/**
 * A convolution without bias, padded as PyTorch pads it: by (kernelSize - 1) / 2 on every side.
 *
 * Weights are He's initialization over the inputs, a normal distribution of variance 2 / fanIn cut at two deviations
 * (PyTorch's default is uniform with a third of that variance).
 *
 * @param x `[n, h, w, c]`
 * @returns `[n, h / stride, w / stride, filters]`
 * @see He et al. 2015, "Delving Deep into Rectifiers"
 */
export function conv2d(x: Symbolic, { filters, kernelSize, stride = 1, name, seed }: ConvOptions): Symbolic {
  // At stride 2 TensorFlow's 'same' starts its windows at the first pixel, PyTorch one above and to the left of it.
  const shifted = stride > 1 && kernelSize > 1;
  const padding = (kernelSize - 1) / 2;
  const input = shifted ? zeroPad2d(x, padding, `${name}.pad`) : x;
  const layer = tf.layers.conv2d({
    name,
    filters,
    kernelSize,
    strides: stride,
    padding: shifted ? 'valid' : 'same',
    useBias: false,
    kernelInitializer: new HeNormal(layerSeed(seed, name)) as never,
  });
  return apply(layer, input);
}

/** What a convolution is made of. */
export interface ConvOptions {
  filters: number;
  /** Odd. */
  kernelSize: number;
  stride?: number;
  /** The layer's full name in its network, which its weights carry: `layer1.0.conv1`. */
  name: string;
  seed: number;
}

/**
 * Batch normalization of each channel with PyTorch's defaults: epsilon 1e-5, and 0.9 of the moving statistics kept at each step
 * (PyTorch's `momentum=0.1` is the share of the new ones).
 *
 * @param x `[n, h, w, c]`
 * @param options `scale: false` leaves out the factor gamma
 */
export function batchNorm2d(x: Symbolic, name: string, { scale = true, momentum = 0.9 } = {}): Symbolic {
  return apply(tf.layers.batchNormalization({ name, epsilon: 1e-5, momentum, scale }), x);
}

/** ReLU, max(x, 0), as a layer. */
export function relu(x: Symbolic, name: string): Symbolic {
  return apply(tf.layers.activation({ activation: 'relu', name }), x);
}

/** The sum of two branches of one shape. */
export function add(branches: Symbolic[], name: string): Symbolic {
  return tf.layers.add({ name }).apply(branches) as Symbolic;
}

/** The mean over windows of `size`, height and width, side by side, or over windows of `size` × `size`. */
export function avgPool2d(x: Symbolic, size: number | [number, number], name: string): Symbolic {
  return apply(tf.layers.averagePooling2d({ poolSize: size, name }), x);
}

/**
 * The largest number of windows of `size`.
 *
 * @param stride from a window to the next; by default they are side by side
 */
export function maxPool2d(
  x: Symbolic,
  size: number | [number, number],
  name: string,
  stride?: number,
): Symbolic {
  return apply(tf.layers.maxPooling2d({ poolSize: size, strides: stride, name }), x);
}

/** Every second row and column, and zeros for channels to come to `filters`, as many in front as behind. */
export function subsampled(x: Symbolic, filters: number, stride: number, name: string): Symbolic {
  const pixels = apply(
    tf.layers.averagePooling2d({ poolSize: 1, strides: stride, name: `${name}.subsample` }),
    x,
  );
  const missing = filters - x.shape[3]!;
  const padding: [[number, number], [number, number]] = [
    [0, 0],
    [Math.floor(missing / 2), Math.ceil(missing / 2)],
  ];
  // With its channels first, the layer pads the last two axes.
  return apply(
    tf.layers.zeroPadding2d({ padding, dataFormat: 'channelsFirst', name: `${name}.pad` }),
    pixels,
  );
}

/** Zeros around an image. */
export function zeroPad2d(x: Symbolic, padding: number, name: string): Symbolic {
  return apply(tf.layers.zeroPadding2d({ padding, name }), x);
}

/** `[n, h, w, c]` as `[n, h * w * c]`. */
export function flatten(x: Symbolic, name: string): Symbolic {
  return apply(tf.layers.flatten({ name }), x);
}

/**
 * A fully connected layer with bias; weights uniform within 1 / sqrt(fanIn), PyTorch's default, bias zero.
 *
 * @param x `[n, features]`
 * @param std of the weights, which then are of a normal distribution
 * @returns `[n, units]`
 */
export function linear(x: Symbolic, units: number, name: string, seed: number, std?: number): Symbolic {
  const drawSeed = layerSeed(seed, name);
  const kernelInitializer =
    std === undefined
      ? tf.initializers.varianceScaling({
          scale: 1 / 3,
          mode: 'fanIn',
          distribution: 'uniform',
          seed: drawSeed,
        })
      : tf.initializers.randomNormal({ stddev: std, seed: drawSeed });
  return apply(tf.layers.dense({ units, name, kernelInitializer }), x);
}
