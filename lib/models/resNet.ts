/**
 * ResNet: one convolution, stages of residual blocks, a mean, a linear classifier.
 */
import { checkChoice, checkForm, checkPositiveInteger, kindOf } from '../checks';
import { CIFAR_SHAPE, type ImageShape } from '../data/dataset';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ConfigError } from '../errors';
import { type Block, basicBlock, bottleneck, zeroPaddedBlock } from './block';
import {
  avgPool2d,
  batchNorm2d,
  conv2d,
  flatten,
  linear,
  maxPool2d,
  relu,
  type Symbolic,
  zeroPad2d,
} from './layers';
import { setNetworkInfo } from './networkInfo';
import { stageLayers } from './stages';

/** What all networks take. */
export interface ResNetOptions {
  /** Default 10. */
  numClasses?: number;
  /** Channels of the first stage, doubled at each later one. Default 64, the paper's; 16 trains on two CPU cores. */
  width?: number;
  /** Height, width and channels of the images, as `Dataset.imageShape` has them. Default [32, 32, 3]. */
  imageShape?: ImageShape;
  /**
   * What comes before the stages. `cifar`, the default: a 3×3 convolution. `imagenet`, for images of 100 pixels and more: a 7×7 convolution of
   * stride 2 and max pooling, so that the stages see a quarter of the height and width.
   */
  stem?: 'cifar' | 'imagenet';
  /** Print the shape after the first convolution and after each stage, whenever the network runs. Default false. */
  verbose?: boolean;
  /** Fixes the initial weights. Default 0. */
  seed?: number;
}

function stage(
  x: Symbolic,
  block: Block,
  channels: number,
  { blocks, stride, name, seed }: { blocks: number; stride: number; name: string; seed: number },
): Symbolic {
  for (let i = 0; i < blocks; i++) {
    const inChannels = x.shape[3]!;
    const options = { stride: i === 0 ? stride : 1, name: `${name}.${i}`, seed };
    const made = block(inChannels, channels, options);
    if (typeof made?.apply !== 'function') {
      throw new ConfigError(
        `The block gives ${kindOf(made)}.`,
        'Have it return a tf.LayersModel, as basicBlock does.',
      );
    }
    x = made.apply(x) as Symbolic;
  }
  return x;
}

/**
 * Makes a network print the output shape of the named layers whenever it computes them, as `block 1 output: [2, 32, 32, 64]`.
 *
 * The layers' `call` is wrapped in place, so that the network's structure, and what is saved of it, stay as they are.
 */
function logOutputShapes(net: TensorFlow.LayersModel, layerNames: readonly string[]): void {
  layerNames.forEach((name, i) => {
    const layer = net.getLayer(name);
    const call = layer.call.bind(layer);
    layer.call = (inputs, kwargs) => {
      const outputs = call(inputs, kwargs);
      const { shape } = Array.isArray(outputs) ? outputs[0] : outputs;
      console.log(`block ${i + 1} output: [${shape.join(', ')}]`);
      return outputs;
    };
  });
}

/** The shape of a network's images, with CIFAR-10's as its default. */
export function checkImageShape(shape: ImageShape = CIFAR_SHAPE): [number, number, number] {
  checkForm('imageShape', shape, 'numbers', 'Give height, width and channels: [32, 32, 3].');
  const [height, width, channels] = shape;
  Object.entries({ height, width, channels }).forEach(([name, size]) => {
    checkPositiveInteger(`the images' ${name}`, size);
  });
  return [height, width, channels];
}

/** Height and width. */
export function sizeOf(x: Symbolic): [number, number] {
  return [x.shape[1]!, x.shape[2]!];
}

/** From an image to what the first stage sees. */
function stemOf(input: Symbolic, kind: 'cifar' | 'imagenet', width: number, seed: number): Symbolic {
  const isLarge = kind === 'imagenet';
  const conv = { filters: width, kernelSize: isLarge ? 7 : 3, stride: isLarge ? 2 : 1 };
  let x = conv2d(input, { ...conv, name: 'features.conv', seed }); // [n, 32, 32, width], of imagenet [n, 112, 112, width]
  x = batchNorm2d(x, 'features.bn');
  x = relu(x, 'features.relu');
  // Behind a ReLU zeros are as good as PyTorch's padding by what is never the largest.
  return isLarge ? maxPool2d(zeroPad2d(x, 1, 'features.pool.pad'), 3, 'features.pool', 2) : x;
}

/**
 * Composes a ResNet of any block and depth.
 *
 * `[n, height, width, channels]` → logits `[n, numClasses]`. With width 64 and basic blocks an image of CIFAR-10 becomes
 * `[n, 32, 32, 64]`, stays so through stage 1, then `[n, 16, 16, 128]`, `[n, 8, 8, 256]`, `[n, 4, 4, 512]`, and `[n, 512]` after the mean.
 *
 * @param block `basicBlock`, `bottleneck` or `zeroPaddedBlock`
 * @param numBlocks blocks in each stage, `[2, 2, 2, 2]` for ResNet-18
 * @throws ConfigError for numbers that aren't positive integers, or no stage
 * @see He et al. 2016, "Deep Residual Learning for Image Recognition", table 1 and section 4.2
 */
export function resNet(
  block: Block,
  numBlocks: readonly number[],
  options: ResNetOptions = {},
): TensorFlow.LayersModel {
  checkForm('options', options, {}, 'Give for example { width: 16 }.');
  checkForm('block', block, 'function', 'Give basicBlock, bottleneck or a function like them.');
  checkForm('numBlocks', numBlocks, 'numbers', 'Give a number for each stage: [2, 2, 2, 2].');
  const { numClasses = 10, width = 64, verbose = false, seed = 0, stem = 'cifar' } = options;
  const imageShape = checkImageShape(options.imageShape);
  checkChoice('stem', stem, ['cifar', 'imagenet']);
  if (numBlocks.length === 0) {
    throw new ConfigError('numBlocks is empty.', 'Give a number for each stage: [2, 2, 2, 2].');
  }
  numBlocks.forEach((blocks, i) => {
    checkPositiveInteger(`numBlocks[${i}]`, blocks);
  });
  checkPositiveInteger('numClasses', numClasses);
  checkPositiveInteger('width', width);

  const input = tf.input({ shape: imageShape, name: 'input' }); // [n, 32, 32, 3]
  let x = stemOf(input, stem, width, seed);
  numBlocks.forEach((blocks, i) => {
    x = stage(x, block, width * 2 ** i, { blocks, stride: i === 0 ? 1 : 2, name: `layer${i + 1}`, seed });
  }); // [n, 4, 4, 8 * width * expansion]
  x = avgPool2d(x, sizeOf(x), 'avgPool'); // [n, 1, 1, 8 * width * expansion]
  x = flatten(x, 'flatten'); // [n, 8 * width * expansion]
  const logits = linear(x, numClasses, 'classifier', seed); // [n, numClasses]

  const net = tf.model({ inputs: input, outputs: logits, name: 'ResNet' });
  if (verbose) logOutputShapes(net, stageLayers(net));
  return net;
}

/** `ResNet-18`, or `ResNet-18, width 16` where that isn't the usual one. */
export function withWidth(architecture: string, width: number, usual = 64): string {
  return width === usual ? architecture : `${architecture}, width ${width}`;
}

function named(architecture: string, block: Block, numBlocks: readonly number[], usual = 64) {
  return (options: ResNetOptions = {}): TensorFlow.LayersModel => {
    const { width = usual } = checkForm('options', options, {}, 'Give for example { width: 16 }.');
    const net = resNet(block, numBlocks, { ...options, width });
    setNetworkInfo(net, { architecture: withWidth(architecture, width, usual) });
    return net;
  };
}

/** Makes a ResNet: see `resNet` for its shapes and errors. */
export type ResNetMaker = (options?: ResNetOptions) => TensorFlow.LayersModel;

/** ResNet-10: 4 basic blocks, 4,903,242 parameters. Not in the paper; the smallest that has all its stages. */
export const resnet10: ResNetMaker = named('ResNet-10', basicBlock, [1, 1, 1, 1]);
/** ResNet-18: 8 basic blocks, 11,173,962 parameters. */
export const resnet18: ResNetMaker = named('ResNet-18', basicBlock, [2, 2, 2, 2]);
/** ResNet-34: 16 basic blocks, 21,282,122 parameters. */
export const resnet34: ResNetMaker = named('ResNet-34', basicBlock, [3, 4, 6, 3]);
/** ResNet-50: 16 bottlenecks, 23,520,842 parameters. */
export const resnet50: ResNetMaker = named('ResNet-50', bottleneck, [3, 4, 6, 3]);
/** ResNet-101: 33 bottlenecks, 42,512,970 parameters. */
export const resnet101: ResNetMaker = named('ResNet-101', bottleneck, [3, 4, 23, 3]);
/** ResNet-152: 50 bottlenecks, 58,156,618 parameters. */
export const resnet152: ResNetMaker = named('ResNet-152', bottleneck, [3, 8, 36, 3]);

/** ResNet-20 of the paper's section on CIFAR-10, of width 16 and three stages: 9 blocks, 269,722 parameters. */
export const resnet20: ResNetMaker = named('ResNet-20', zeroPaddedBlock, [3, 3, 3], 16);
/** ResNet-32, as `resnet20`: 15 blocks, 464,154 parameters. */
export const resnet32: ResNetMaker = named('ResNet-32', zeroPaddedBlock, [5, 5, 5], 16);
/** ResNet-44, as `resnet20`: 21 blocks, 658,586 parameters. */
export const resnet44: ResNetMaker = named('ResNet-44', zeroPaddedBlock, [7, 7, 7], 16);
/** ResNet-56, as `resnet20`: 27 blocks, 853,018 parameters. */
export const resnet56: ResNetMaker = named('ResNet-56', zeroPaddedBlock, [9, 9, 9], 16);
/** ResNet-110, as `resnet20`: 54 blocks, 1,727,962 parameters. */
export const resnet110: ResNetMaker = named('ResNet-110', zeroPaddedBlock, [18, 18, 18], 16);
