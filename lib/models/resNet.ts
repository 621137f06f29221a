/**
 * ResNet for images of 32×32: one convolution, four stages of residual blocks, a mean, a linear classifier.
 */
import { checkForm, checkPositiveInteger, kindOf } from '../checks';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ConfigError } from '../errors';
import { type Block, basicBlock, bottleneck } from './block';
import { avgPool2d, batchNorm2d, conv2d, flatten, linear, relu, type Symbolic } from './layers';
import { setNetworkInfo } from './networkInfo';
import { stageLayers } from './stages';

/** What all networks take. */
export interface ResNetOptions {
  /** Default 10. */
  numClasses?: number;
  /** Channels of the first stage, doubled at each later one. Default 64, the paper's; 16 trains on two CPU cores. */
  width?: number;
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

/**
 * Composes a ResNet for 32×32 images of any block and depth.
 *
 * `[n, 32, 32, 3]` → logits `[n, numClasses]`. With width 64 and basic blocks the image becomes `[n, 32, 32, 64]`,
 * stays so through stage 1, then `[n, 16, 16, 128]`, `[n, 8, 8, 256]`, `[n, 4, 4, 512]`, and `[n, 512]` after the mean.
 *
 * @param block `basicBlock` or `bottleneck`
 * @param numBlocks blocks in each of the four stages, `[2, 2, 2, 2]` for ResNet-18
 * @throws ConfigError for numbers that aren't positive integers, or other than four stages
 * @see He et al. 2016, "Deep Residual Learning for Image Recognition", table 1 and section 4.2
 */
export function resNet(
  block: Block,
  numBlocks: readonly number[],
  options: ResNetOptions = {},
): TensorFlow.LayersModel {
  checkForm('options', options, {}, 'Give for example { width: 16 }.');
  checkForm('block', block, 'function', 'Give basicBlock, bottleneck or a function like them.');
  checkForm('numBlocks', numBlocks, 'numbers', 'Give four numbers, one for each stage: [2, 2, 2, 2].');
  const { numClasses = 10, width = 64, verbose = false, seed = 0 } = options;
  if (numBlocks.length !== 4) {
    throw new ConfigError(
      `numBlocks has ${numBlocks.length} entries.`,
      'Give it four, one for each stage: [2, 2, 2, 2].',
    );
  }
  numBlocks.forEach((blocks, i) => {
    checkPositiveInteger(`numBlocks[${i}]`, blocks);
  });
  checkPositiveInteger('numClasses', numClasses);
  checkPositiveInteger('width', width);

  const input = tf.input({ shape: [32, 32, 3], name: 'input' }); // [n, 32, 32, 3]
  let x = conv2d(input, { filters: width, kernelSize: 3, name: 'features.conv', seed }); // [n, 32, 32, width]
  x = batchNorm2d(x, 'features.bn');
  x = relu(x, 'features.relu');
  numBlocks.forEach((blocks, i) => {
    x = stage(x, block, width * 2 ** i, { blocks, stride: i === 0 ? 1 : 2, name: `layer${i + 1}`, seed });
  }); // [n, 4, 4, 8 * width * expansion]
  x = avgPool2d(x, 4, 'avgPool'); // [n, 1, 1, 8 * width * expansion]
  x = flatten(x, 'flatten'); // [n, 8 * width * expansion]
  const logits = linear(x, numClasses, 'classifier', seed); // [n, numClasses]

  const net = tf.model({ inputs: input, outputs: logits, name: 'ResNet' });
  if (verbose) logOutputShapes(net, stageLayers(net));
  return net;
}

/** `ResNet-18`, or `ResNet-18, width 16` where that isn't the paper's. */
export function withWidth(architecture: string, width = 64): string {
  return width === 64 ? architecture : `${architecture}, width ${width}`;
}

function named(architecture: string, block: Block, numBlocks: readonly number[]) {
  return (options: ResNetOptions = {}): TensorFlow.LayersModel => {
    const net = resNet(block, numBlocks, options);
    setNetworkInfo(net, { architecture: withWidth(architecture, options.width) });
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
