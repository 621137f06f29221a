/**
 * What TensorFlow.js's convolution kernels are called with, and what that says of the convolution.
 */
import { type TensorFlow, tf } from '../runtime/tensorflow';

export type ConvolutionInfo = TensorFlow.backend_util.Conv2DInfo;
export type Shape4D = [number, number, number, number];

/** The attributes of the three kernels: the convolution, and its gradients by the input and by the filter. */
export interface ConvolutionAttributes {
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number | TensorFlow.backend_util.ExplicitPadding;
  /** A depthwise convolution has none. */
  dataFormat?: 'NHWC' | 'NCHW';
  dilations?: [number, number] | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  activation?: string;
  /** Of the input gradient. */
  inputShape: Shape4D;
  /** Of the filter gradient. */
  filterShape: Shape4D;
}

/** A padding of so many pixels; TensorFlow.js computes its sizes as if height and width had one filter size and one stride. */
function onAllSides(pad: number, dataFormat: 'NHWC' | 'NCHW'): TensorFlow.backend_util.ExplicitPadding {
  const [none, both]: [number, number][] = [
    [0, 0],
    [pad, pad],
  ];
  return dataFormat === 'NHWC' ? [none, both, both, none] : [none, none, both, both];
}

/** All sizes of the convolution of an input with a filter. */
export function infoOf(
  { x, filter }: { x: Shape4D; filter: Shape4D },
  { strides, pad, dataFormat = 'NHWC', dilations, dimRoundingMode }: ConvolutionAttributes,
  isDepthwise = false,
): ConvolutionInfo {
  const format = tf.backend_util.convertConv2DDataFormat(dataFormat);
  return tf.backend_util.computeConv2DInfo(
    x,
    filter,
    strides,
    dilations ?? 1,
    typeof pad === 'number' ? onAllSides(pad, dataFormat) : pad,
    dimRoundingMode,
    isDepthwise,
    format,
  );
}
