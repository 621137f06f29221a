/**
 * An image as a network takes it.
 */
import { CIFAR10_NORMALIZATION, normalizePixels } from '../data/normalization';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';
import { networkInfo } from '../models/networkInfo';
import type { Image } from './image/image';
import { type Fit, resizeImage } from './image/resizeImage';

/**
 * Resizes an image to a network's input, and normalizes it as the network's training did, as `networkInfo` tells, else by CIFAR-10's
 * statistics.
 *
 * @returns `[1, height, width, 3]`; who calls disposes it
 * @throws ModelError when the network doesn't take images; ImageError when the picture's data don't fit its size
 */
export function networkInput(net: TensorFlow.LayersModel, image: Image, fit?: Fit): TensorFlow.Tensor4D {
  const [height, width] = inputSize(net);
  const { normalization = CIFAR10_NORMALIZATION } = networkInfo(net);
  const { data } = resizeImage(image, width, height, fit);
  return tf.tensor4d(normalizePixels(data, normalization), [1, height, width, 3]);
}

/** Height and width of the images that a network takes. */
function inputSize(net: TensorFlow.LayersModel): [number, number] {
  const [, height, width, channels] = net.inputs[0].shape; // [n, height, width, 3]
  if (net.inputs.length !== 1 || !height || !width || channels !== 3) {
    throw new ModelError(
      `The network takes [${net.inputs.map(({ shape }) => shape.join(', ')).join('], [')}], not images of one size in color.`,
      'Use a network of resnet18() to resnet152(), whose input is [n, 32, 32, 3].',
    );
  }
  return [height, width];
}
