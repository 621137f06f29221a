/**
 * A picture as a network takes it.
 */
import { CIFAR10_NORMALIZATION, normalizePixels } from '../data/normalization';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';
import { networkInfo } from '../models/networkInfo';
import type { Picture } from './picture/picture';
import { type Fit, resizePicture } from './picture/resizePicture';

/**
 * Resizes a picture to a network's input, and normalizes it as the network's training did, as `networkInfo` tells, else by CIFAR-10's
 * statistics.
 *
 * @returns `[1, height, width, 3]`; who calls disposes it
 * @throws ModelError when the network doesn't take pictures; ImageError when the picture's data don't fit its size
 */
export function networkInput(net: TensorFlow.LayersModel, picture: Picture, fit?: Fit): TensorFlow.Tensor4D {
  const [height, width] = inputSize(net);
  const { normalization = CIFAR10_NORMALIZATION } = networkInfo(net);
  const { data } = resizePicture(picture, width, height, fit);
  return tf.tensor4d(normalizePixels(data, normalization), [1, height, width, 3]);
}

/** Height and width of the pictures that a network takes. */
function inputSize(net: TensorFlow.LayersModel): [number, number] {
  const [, height, width, channels] = net.inputs[0].shape; // [n, height, width, 3]
  if (net.inputs.length !== 1 || !height || !width || channels !== 3) {
    throw new ModelError(
      `The network takes [${net.inputs.map(({ shape }) => shape.join(', ')).join('], [')}], not pictures of one size in colour.`,
      'Use a network of resnet18() to resnet152(), whose input is [n, 32, 32, 3].',
    );
  }
  return [height, width];
}
