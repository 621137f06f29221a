/**
 * The gradient of a strided 1×1 convolution's filter, kept from a kernel of oneDNN's that gets it wrong.
 *
 * Where the input has fewer channels than a vector register has floats, that kernel uses memory outside of its buffers: the
 * gradient is another at each call, or the process ends. Seen with TensorFlow 2.21 on AVX2 (8 floats) below 8 channels.
 */

import { type TensorFlow, tf } from '../runtime/tensorflow';
import { type ConvolutionAttributes, infoOf } from './convolutionInfo';
import { kernelReplacement, type Replacement } from './replacement';

const KERNEL = 'Conv2DBackpropFilter';

/** In the longest registers, AVX-512's. */
const FLOATS_IN_A_REGISTER = 16;

interface Inputs {
  x: TensorFlow.Tensor4D;
  dy: TensorFlow.Tensor4D;
}

function filterGradient(
  inputs: Inputs,
  attributes: ConvolutionAttributes,
  original: () => TensorFlow.Tensor,
) {
  const { x, dy } = inputs;
  const info = infoOf({ x: x.shape, filter: attributes.filterShape }, attributes);
  const { filterHeight, filterWidth, strideHeight, strideWidth, inChannels, padInfo } = info;
  const single = filterHeight === 1 && filterWidth === 1 && padInfo.type !== 'EXPLICIT';
  const strided = strideHeight > 1 || strideWidth > 1;
  if (!single || !strided || inChannels >= FLOATS_IN_A_REGISTER) return original();
  // A 1×1 filter sees the pixels that it steps on and no others.
  const seen = tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, strideHeight, strideWidth, 1]);
  const gradient: TensorFlow.Tensor = tf
    .engine()
    .runKernel(KERNEL, { x: seen, dy }, { ...attributes, strides: 1, pad: 'valid' });
  seen.dispose();
  return gradient;
}

/** The filter gradient of strided 1×1 convolutions. */
export const stridedFilterGradient: Replacement = kernelReplacement(KERNEL, filterGradient);
