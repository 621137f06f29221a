/**
 * An image as a network takes it.
 */
import { CIFAR10_NORMALIZATION, normalizePixels } from '../data/normalization';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';
import { type Image, toGray } from '../image/image';
import { type Fit, resizeImage } from '../image/resizeImage';
import { networkInfo } from '../models/networkInfo';

/**
 * Resizes an image to a network's input, makes it gray for a network of one channel, and normalizes it as the network's training did, as `networkInfo` tells, else by CIFAR-10's
 * statistics.
 *
 * @returns `[1, height, width, channels]`; who calls disposes it
 * @throws ModelError when the network doesn't take images, or isn't known to be normalized in its channels; ImageError when the picture's data don't fit its size
 */
export function networkInput(net: TensorFlow.LayersModel, image: Image, fit?: Fit): TensorFlow.Tensor4D {
  const [height, width, channels] = inputShape(net);
  const { normalization = CIFAR10_NORMALIZATION } = networkInfo(net);
  const resized = resizeImage(image, width, height, fit);
  if (normalization.mean.length !== channels) {
    throw new ModelError(
      `The network's images have ${channels} ${channels === 1 ? 'channel' : 'channels'}, and its normalization ${normalization.mean.length}.`,
      'Say how its images are normalized: setNetworkInfo(net, { normalization: channelStatistics(trainSet) }).',
    );
  }
  const pixels = channels === 1 ? toGray(resized) : resized.data; // [height, width, channels]
  return tf.tensor4d(normalizePixels(pixels, normalization), [1, height, width, channels]);
}

/** Height, width and channels of the images that a network takes. */
function inputShape(net: TensorFlow.LayersModel): [number, number, number] {
  const [, height, width, channels] = net.inputs[0].shape; // [n, height, width, channels]
  if (net.inputs.length !== 1 || !height || !width || (channels !== 3 && channels !== 1)) {
    throw new ModelError(
      `The network takes [${net.inputs.map(({ shape }) => shape.join(', ')).join('], [')}], not images of one size in color or gray.`,
      'Use a network of resnet18() to resnet152(), whose input is [n, 32, 32, 3].',
    );
  }
  return [height, width, channels];
}
