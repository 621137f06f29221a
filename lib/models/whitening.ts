/**
 * Whitening: filters whose outputs are uncorrelated and of equal variance on the images that they were made from.
 */
import { checkForm, checkPositive } from '../checks';
import { type Dataset, type ImageShape, lengthOf } from '../data/dataset';
import { CIFAR10_NORMALIZATION, type Normalization, normalizePixels } from '../data/normalization';
import { eigen } from '../engine/operations/eigen';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { DataError, ModelError } from '../errors';
import { checkNotDisposed, variableOf } from './weights';

/** What `whitenFirstLayer` takes. */
export interface WhiteningOptions {
  /** How pixels become numbers, as in training. Default CIFAR10_NORMALIZATION. */
  normalize?: Normalization;
  /** Added to each direction's variance, so that those in which images hardly vary aren't mostly noise. Default 5e-4. */
  epsilon?: number;
}

/** Images that are looked at: more give the same filters. */
const IMAGES = 5000;

/** How the numbers of patches of size × size pixels vary together, about 0. // [size * size * channels, size * size * channels] */
function patchCovariance(images: Float32Array, shape: ImageShape, size: number): number[][] {
  return tf.tidy(() => {
    const [height, width, channels] = shape;
    const all = tf.tensor4d(images, [images.length / lengthOf(shape), height, width, channels]);
    const inner = [height - size + 1, width - size + 1];
    const shifted = Array.from({ length: size * size }, (_, i) =>
      tf.reshape(tf.slice(all, [0, Math.floor(i / size), i % size, 0], [-1, ...inner, -1]), [-1, channels]),
    );
    const patches = tf.concat(shifted, 1); // [patches, size * size * channels]
    const covariance = tf.div(tf.matMul(patches, patches, true, false), patches.shape[0]);
    return covariance.arraySync() as number[][];
  });
}

/**
 * Sets a network's first convolution so that it whitens: its filters are the directions in which patches of the images vary most, each
 * scaled to a variance of 1, then the same with the other sign, so that ReLU loses nothing of them.
 *
 * @param trainSet the images to be trained on; the first 5,000 are looked at
 * @throws ModelError where the network doesn't begin with a convolution of such images that has as many filters as directions come to:
 *   an even number, twice its inputs at the most
 * @see Page 2019, "How to train your ResNet 8: bag of tricks"
 */
export function whitenFirstLayer(
  net: TensorFlow.LayersModel,
  trainSet: Dataset,
  options: WhiteningOptions = {},
): void {
  checkNotDisposed(net);
  checkForm('trainSet', trainSet, { images: 'numbers', imageShape: 'numbers' }, 'Give a Dataset.', DataError);
  const { normalize = CIFAR10_NORMALIZATION, epsilon = 5e-4 } = checkForm(
    'options',
    options,
    {},
    'Give for example { epsilon: 1e-3 }.',
  );
  checkPositive('epsilon', epsilon);
  const layer = net.layers.find((candidate) => candidate.getClassName() === 'Conv2D');
  const kernel = layer?.weights[0];
  const [size, width, channels, filters] = (kernel?.shape as number[]) ?? [];
  const inputs = size * width * channels;
  if (
    !kernel ||
    size !== width ||
    channels !== trainSet.imageShape[2] ||
    filters % 2 !== 0 ||
    filters > 2 * inputs
  ) {
    throw new ModelError(
      `${net.name} doesn't begin with a convolution that can whiten.`,
      'Give a network of resnet8(), or another whose first convolution has square kernels, as many channels as the images and an even number of filters.',
    );
  }
  const bytes = trainSet.images.subarray(0, IMAGES * lengthOf(trainSet.imageShape));
  const covariance = patchCovariance(normalizePixels(bytes, normalize), trainSet.imageShape, size);
  const directions = eigen(covariance).slice(0, filters / 2);
  const values = new Float32Array(inputs * filters); // [size, size, channels, filters]
  directions.forEach(({ value, vector }, k) => {
    vector.forEach((x, i) => {
      values[i * filters + k] = x / Math.sqrt(value + epsilon);
      values[i * filters + filters / 2 + k] = -values[i * filters + k];
    });
  });
  tf.tidy(() => variableOf(kernel).assign(tf.tensor(values, [size, size, channels, filters])));
}
