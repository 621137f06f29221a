/**
 * The residual blocks. A block computes F(x) + x: its branch F learns what to add to its input, and the shortcut
 * carries the input past it.
 */
import { checkForm, checkPositiveInteger } from '../checks';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ConfigError } from '../errors';
import { add, batchNorm2d, conv2d, relu, type Symbolic, subsampled } from './layers';

/** What both blocks take in addition to their channels. */
export interface BlockOptions {
  /** Of the block's first 3×3 convolution, and of its shortcut: 1, or 2 to halve height and width. Default 1. */
  stride?: number;
  /** The block's name in its network, which its layers carry in front: `layer1.0`. Default `BasicBlock`, `Bottleneck`. */
  name?: string;
  /** Fixes the initial weights. Default 0. */
  seed?: number;
}

/** A function that makes residual blocks, with the number of times its output is wider than `channels`. */
export interface Block {
  (inChannels: number, channels: number, options?: BlockOptions): TensorFlow.LayersModel;
  /** Output channels over `channels`: 1 for the basic block, 4 for the bottleneck. */
  readonly expansion: number;
}

interface Conv {
  filters: number;
  kernelSize: number;
  stride?: number;
}

/** conv → batch norm, for each of `convs`, with a ReLU between but none at the end: it comes after the sum. */
function branch(x: Symbolic, convs: Conv[], name: string, seed: number): Symbolic {
  return convs.reduce((y, conv, i) => {
    const part = i + 1;
    const convolved = conv2d(y, { ...conv, name: `${name}.conv${part}`, seed });
    const normalized = batchNorm2d(convolved, `${name}.bn${part}`);
    return part < convs.length ? relu(normalized, `${name}.relu${part}`) : normalized;
  }, x);
}

/** How an input of another shape is made to fit the sum: by a 1×1 convolution, or without weights, by leaving out pixels and adding zeros. */
type Shortcut = 'projection' | 'zeros';

/** The input as it is where it fits the sum, else made to fit. */
function shortcut(
  x: Symbolic,
  filters: number,
  { stride, kind, name, seed }: { stride: number; kind: Shortcut; name: string; seed: number },
): Symbolic {
  if (stride === 1 && x.shape[3] === filters) return x;
  if (kind === 'zeros' && filters < x.shape[3]!) {
    throw new ConfigError(
      `Zeros can't make ${filters} channels of ${x.shape[3]}.`,
      'Give as many channels as come in, or more; or take basicBlock.',
    );
  }
  if (kind === 'zeros') return subsampled(x, filters, stride, `${name}.shortcut`);
  const projected = conv2d(x, { filters, kernelSize: 1, stride, name: `${name}.shortcut.conv`, seed });
  return batchNorm2d(projected, `${name}.shortcut.bn`);
}

function residual(
  inChannels: number,
  convs: Conv[],
  { stride = 1, name, seed = 0, kind = 'projection' }: BlockOptions & { name: string; kind?: Shortcut },
) {
  checkPositiveInteger('inChannels', inChannels);
  checkPositiveInteger('stride', stride);
  const x = tf.input({ shape: [null, null, inChannels], name: `${name}.input` }); // [n, h, w, inChannels]
  const filters = convs[convs.length - 1].filters;
  const sum = add(
    [branch(x, convs, name, seed), shortcut(x, filters, { stride, kind, name, seed })],
    `${name}.add`,
  ); // [n, h / stride, w / stride, filters]
  return tf.model({ inputs: x, outputs: relu(sum, `${name}.relu${convs.length}`), name });
}

function basic(kind: Shortcut): Block {
  const make = (inChannels: number, channels: number, options: BlockOptions = {}) => {
    checkForm('options', options, {}, 'Give for example { stride: 2 }.');
    checkPositiveInteger('channels', channels);
    return residual(
      inChannels,
      [
        { filters: channels, kernelSize: 3, stride: options.stride },
        { filters: channels, kernelSize: 3 },
      ],
      { name: 'BasicBlock', ...options, kind },
    );
  };
  return Object.assign(make, { expansion: 1 });
}

/**
 * The block of ResNet-18 and ResNet-34: two 3×3 convolutions beside a shortcut.
 *
 * `[n, h, w, inChannels]` → `[n, h / stride, w / stride, channels]`
 *
 * @throws ConfigError for channels or a stride that aren't positive integers
 * @see He et al. 2016, "Deep Residual Learning for Image Recognition", figure 5 left
 */
export const basicBlock: Block = basic('projection');

/**
 * The block of ResNet-20 to ResNet-110: `basicBlock` with a shortcut without weights. Where the shapes differ, it leaves out pixels and
 * fills the added channels with zeros.
 *
 * `[n, h, w, inChannels]` → `[n, h / stride, w / stride, channels]`
 *
 * @throws ConfigError for channels or a stride that aren't positive integers, or fewer channels than come in
 * @see He et al. 2016, "Deep Residual Learning for Image Recognition", option A of section 3.3
 */
export const zeroPaddedBlock: Block = basic('zeros');

/**
 * The block of ResNet-50 and deeper: 1×1 down to `channels`, 3×3, 1×1 up to four times `channels`, beside a shortcut.
 *
 * `[n, h, w, inChannels]` → `[n, h / stride, w / stride, 4 * channels]`
 *
 * @throws ConfigError for channels or a stride that aren't positive integers
 * @see He et al. 2016, "Deep Residual Learning for Image Recognition", figure 5 right
 */
export const bottleneck: Block = Object.assign(
  (inChannels: number, channels: number, options: BlockOptions = {}): TensorFlow.LayersModel => {
    checkForm('options', options, {}, 'Give for example { stride: 2 }.');
    checkPositiveInteger('channels', channels);
    return residual(
      inChannels,
      [
        { filters: channels, kernelSize: 1 },
        { filters: channels, kernelSize: 3, stride: options.stride },
        { filters: 4 * channels, kernelSize: 1 },
      ],
      { name: 'Bottleneck', ...options },
    );
  },
  { expansion: 4 },
);
