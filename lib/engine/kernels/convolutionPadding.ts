/**
 * Convolutions with padding given as numbers: `tf.conv2d(x, filter, 1, 1)` or `[[0, 0], [1, 1], [1, 1], [0, 0]]`.
 *
 * TensorFlow.js's kernels refuse the one, and have no gradients of the other. Here the input is padded first, and convolved
 * without padding; the gradient by the input is cut to size.
 */

import { type TensorFlow, tf } from '../runtime/tensorflow';
import { type ConvolutionAttributes, type ConvolutionInfo, infoOf, type Shape4D } from './convolutionInfo';
import { kernelReplacement, type Replacement } from './replacement';

interface Inputs {
  x: TensorFlow.Tensor4D;
  filter: TensorFlow.Tensor4D;
  dy: TensorFlow.Tensor4D;
}

/** A kernel: whose shapes say what is convolved, and which of its tensors is the padded one. */
interface Kernel {
  name: string;
  shapes(inputs: Inputs, attributes: ConvolutionAttributes): { x: Shape4D; filter: Shape4D };
  isDepthwise: boolean;
}

const convolution = ({ x, filter }: Inputs) => ({ x: x.shape, filter: filter.shape });
const inputGradient = ({ filter }: Inputs, { inputShape }: ConvolutionAttributes) => ({
  x: inputShape,
  filter: filter.shape,
});
const filterGradient = ({ x }: Inputs, { filterShape }: ConvolutionAttributes) => ({
  x: x.shape,
  filter: filterShape,
});

const KERNELS: Kernel[] = [
  { name: 'Conv2D', shapes: convolution, isDepthwise: false },
  { name: 'FusedConv2D', shapes: convolution, isDepthwise: false },
  { name: 'Conv2DBackpropInput', shapes: inputGradient, isDepthwise: false },
  { name: 'Conv2DBackpropFilter', shapes: filterGradient, isDepthwise: false },
  { name: 'DepthwiseConv2dNative', shapes: convolution, isDepthwise: true },
  { name: 'FusedDepthwiseConv2D', shapes: convolution, isDepthwise: true },
  { name: 'DepthwiseConv2dNativeBackpropInput', shapes: inputGradient, isDepthwise: true },
  { name: 'DepthwiseConv2dNativeBackpropFilter', shapes: filterGradient, isDepthwise: true },
];

type Pair = [before: number, after: number];

/** The padding of an axis that lets the filter reach each of its places; what lies behind the last place isn't seen. */
function axisPadding(before: number, size: number, out: number, stride: number, filter: number): Pair {
  return [before, Math.max(0, (out - 1) * stride + filter - before - size)];
}

function paddings(info: ConvolutionInfo): [Pair, Pair, Pair, Pair] {
  const { padInfo, inHeight, inWidth, outHeight, outWidth, strideHeight, strideWidth } = info;
  const height = axisPadding(padInfo.top, inHeight, outHeight, strideHeight, info.effectiveFilterHeight);
  const width = axisPadding(padInfo.left, inWidth, outWidth, strideWidth, info.effectiveFilterWidth);
  return info.dataFormat === 'channelsLast'
    ? [[0, 0], height, width, [0, 0]]
    : [[0, 0], [0, 0], height, width];
}

function padded(
  { name, shapes, isDepthwise }: Kernel,
  inputs: Inputs,
  attributes: ConvolutionAttributes,
  original: () => TensorFlow.Tensor,
): TensorFlow.Tensor {
  const info = infoOf(shapes(inputs, attributes), attributes, isDepthwise);
  if (info.padInfo.type === 'SAME' || info.padInfo.type === 'VALID') return original();
  const margins = paddings(info);
  const { dimRoundingMode: _, ...unpadded } = { ...attributes, pad: 'valid' as const };
  const run = (tensors: Partial<Inputs>, other: Partial<ConvolutionAttributes> = {}): TensorFlow.Tensor =>
    tf.engine().runKernel(name, tensors, { ...unpadded, ...other });
  return tf.tidy(() => {
    if (inputs.x) return run({ ...inputs, x: tf.pad(inputs.x, margins) });
    const { inputShape } = attributes;
    const size = inputShape.map((length, i) => length + margins[i][0] + margins[i][1]) as Shape4D;
    return tf.slice(
      run(inputs, { inputShape: size }),
      margins.map(([before]) => before),
      inputShape,
    );
  });
}

/** All convolutions and their gradients. */
export const paddedConvolutions: readonly Replacement[] = KERNELS.map((kernel) =>
  kernelReplacement(
    kernel.name,
    (inputs: Inputs, attributes: ConvolutionAttributes, original: () => TensorFlow.Tensor) =>
      padded(kernel, inputs, attributes, original),
  ),
);
