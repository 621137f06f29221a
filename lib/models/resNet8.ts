/**
 * ResNet-8: a residual network for minutes instead of hours.
 */
import { checkForm, checkPositiveInteger } from '../checks';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ConfigError } from '../errors';
import { add, batchNorm2d, conv2d, flatten, linear, maxPool2d, relu, type Symbolic } from './layers';
import { setNetworkInfo } from './networkInfo';
import { checkImageShape, type ResNetOptions, sizeOf, withWidth } from './resNet';

/** What `resnet8` takes. */
export interface ResNet8Options extends Omit<ResNetOptions, 'verbose' | 'stem'> {
  /** Channels of the three blocks. Default: the width, four times and eight times as many. */
  channels?: readonly [number, number, number];
}

/** Few steps are taken, so the moving statistics have to follow quickly. */
const NORM = { scale: false, momentum: 0.6 };

/** The filters of the first convolution: both signs of 16 directions, of the 27 that patches of 3×3×3 have; of 8 in gray images. */
function whiteningFilters(channels: number): number {
  return channels === 1 ? 16 : 32;
}

/**
 * A block: a convolution and pooling to half the size; then a residual one.
 *
 * `[n, h, w, inChannels]` → `[n, h / 2, w / 2, channels]`
 */
function pooledBlock(
  inChannels: number,
  channels: number,
  name: string,
  seed: number,
): TensorFlow.LayersModel {
  const input = tf.input({ shape: [null, null, inChannels], name: `${name}.input` });
  const first = conv2d(input, { filters: channels, kernelSize: 3, name: `${name}.conv1`, seed });
  const pooled = maxPool2d(first, 2, `${name}.pool`); // [n, h / 2, w / 2, channels]
  const x = relu(batchNorm2d(pooled, `${name}.bn1`, NORM), `${name}.relu1`);
  const second = conv2d(x, { filters: channels, kernelSize: 3, name: `${name}.conv2`, seed });
  const sum = add([batchNorm2d(second, `${name}.bn2`, NORM), x], `${name}.add`);
  return tf.model({ inputs: input, outputs: relu(sum, `${name}.relu2`), name });
}

/**
 * ResNet-8: a convolution that whitens, three blocks of two convolutions with a shortcut past the second, a linear classifier.
 *
 * `[n, 32, 32, 3]` → logits `[n, numClasses]`, by way of `[n, 16, 16, width]`, `[n, 8, 8, 4 * width]` and `[n, 4, 4, 8 * width]`.
 * 4,339,178 parameters at width 64, 864 of them not trained. It is made for `Muon` and few epochs.
 *
 * The first convolution isn't trained: `whitenFirstLayer` sets its weights from images, and is to be called before training.
 *
 * @throws ConfigError for numbers that aren't positive integers
 * @see Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", whose network has these layers without the shortcuts
 */
export function resnet8(options: ResNet8Options = {}): TensorFlow.LayersModel {
  checkForm('options', options, {}, 'Give for example { width: 32 }.');
  const { numClasses = 10, width = 64, seed = 0, channels = [width, 4 * width, 8 * width] } = options;
  checkPositiveInteger('numClasses', numClasses);
  checkPositiveInteger('width', width);
  checkForm('channels', channels, ['number'], 'Give three numbers: [64, 256, 256].');
  if (channels.length !== 3) {
    throw new ConfigError(`There are ${channels.length} channels.`, 'Give three numbers: [64, 256, 256].');
  }
  for (const number of channels) checkPositiveInteger('channels', number);

  const imageShape = checkImageShape(options.imageShape);
  const input = tf.input({ shape: imageShape, name: 'input' });
  let x = conv2d(input, {
    filters: whiteningFilters(imageShape[2]),
    kernelSize: 3,
    name: 'features.conv',
    seed,
  });
  x = relu(x, 'features.relu'); // [n, 32, 32, 32]
  for (const [i, number] of channels.entries()) {
    x = pooledBlock(x.shape[3]!, number, `layer${i + 1}.0`, seed).apply(x) as Symbolic;
  } // [n, 4, 4, channels[2]]
  x = flatten(maxPool2d(x, sizeOf(x), 'maxPool'), 'flatten'); // [n, channels[2]]
  // Logits near 0: the first steps then are about what the features are to be, not about undoing a chance classifier.
  const logits = linear(x, numClasses, 'classifier', seed, 1 / channels[2]);
  const net = tf.model({ inputs: input, outputs: logits, name: 'ResNet' });
  net.getLayer('features.conv').trainable = false;
  const isPlain = options.channels === undefined;
  setNetworkInfo(net, {
    architecture: isPlain ? withWidth('ResNet-8', width) : `ResNet-8, channels ${channels.join(', ')}`,
  });
  return net;
}
