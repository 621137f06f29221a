/**
 * The library's convolutions (native/convolution) in the place of TensorFlow's, where the processor makes them faster.
 *
 * TensorFlow.js's kernels are kept for what the native ones don't do: dilations, channels first, a GPU.
 */

import { execute, recordInstead, recordingPrecision } from '../recording/active';
import { reducedType } from '../recording/precision';
import { type AttributeList, nativeBackend } from '../runtime/backend';
import { addon, hasBfloat16Products, hasNativeOperations, type Precision } from '../runtime/session';
import type { TensorFlow } from '../runtime/tensorflow';
import { type ConvolutionAttributes, type ConvolutionInfo, infoOf, type Shape4D } from './convolutionInfo';
import { type Fusions, recomputed, registerFusions } from './fusion';
import { type Offset, unpadded } from './pad';
import { type WindowGradient, windowGradientOf } from './pooledGradient';
import { kernelReplacement, type Replacement } from './replacement';

interface Inputs {
  x: TensorFlow.Tensor4D;
  filter: TensorFlow.Tensor4D;
  dy: TensorFlow.Tensor4D;
  bias?: TensorFlow.Tensor1D;
}

/** One of the three kernels: which shapes make its convolution, and its native operation. */
interface Kernel {
  name: string;
  shapes(inputs: Inputs, attributes: ConvolutionAttributes): { x: Shape4D; filter: Shape4D };
  operation: string;
  inputs: ('x' | 'filter' | 'dy')[];
  result(info: ConvolutionInfo): Shape4D;
  /** The height and width of the result. */
  size(info: ConvolutionInfo): [number, number];
}

const KERNELS: Kernel[] = [
  {
    name: 'Conv2D',
    shapes: ({ x, filter }) => ({ x: x.shape, filter: filter.shape }),
    operation: 'DirectConv2D',
    inputs: ['x', 'filter'],
    result: ({ outShape }) => outShape,
    size: ({ outHeight, outWidth }) => [outHeight, outWidth],
  },
  {
    name: 'Conv2DBackpropInput',
    shapes: ({ filter }, { inputShape }) => ({ x: inputShape, filter: filter.shape }),
    operation: 'DirectConv2DBackpropInput',
    inputs: ['filter', 'dy'],
    result: ({ inShape }) => inShape,
    size: ({ inHeight, inWidth }) => [inHeight, inWidth],
  },
  {
    name: 'Conv2DBackpropFilter',
    shapes: ({ x }, { filterShape }) => ({ x: x.shape, filter: filterShape }),
    operation: 'DirectConv2DBackpropFilter',
    inputs: ['x', 'dy'],
    result: ({ filterShape }) => filterShape,
    size: ({ filterHeight, filterWidth }) => [filterHeight, filterWidth],
  },
];

function isDirect({
  dataFormat,
  dilationHeight,
  dilationWidth,
  inChannels,
  filterShape,
}: ConvolutionInfo): boolean {
  const dense = dilationHeight === 1 && dilationWidth === 1 && inChannels === filterShape[2];
  return dense && dataFormat === 'channelsLast' && hasNativeOperations();
}

function listAttribute(name: string, value: number[]): AttributeList[number] {
  return { name, type: nativeBackend().binding.TF_ATTR_INT, value };
}

/** One of the native operations with all that it takes but a tensor to add. */
interface Call {
  kernel: Kernel;
  info: ConvolutionInfo;
  inputs: Inputs;
  /** The picture's margins in addition to those that the convolution has. */
  margins: Offset;
  /** The height and width of the result. */
  size: number[];
  result: Shape4D;
}

/** The numbers of `Arithmetic` in native/convolution/convolution.h. */
const ARITHMETIC: Partial<Record<Precision, number>> = { exact: 1, bfloat16: 2, fast: 3 };

/** Which of the native operations' ways to compute the step that is being recorded asks for. */
function arithmetic(): number {
  const precision = recordingPrecision() ?? 'float32';
  if (precision === 'bfloat16' && !hasBfloat16Products()) return 0;
  return ARITHMETIC[precision] ?? 0;
}

/** An operation fused with its convolution: what its name ends in, and what it takes. */
interface Fused {
  suffix: string;
  inputs: TensorFlow.Tensor[];
  attributes?: AttributeList;
  /** The first output's shape, where it is another one. */
  result?: Shape4D;
}

/** Records or executes an operation. */
function run(call: Call, fused: Fused = { suffix: '', inputs: [] }): TensorFlow.Tensor[] {
  const { kernel, info, inputs, margins, size, result } = call;
  const { strideHeight, strideWidth, padInfo } = info;
  const way = arithmetic();
  const attributes = [
    listAttribute('strides', [strideHeight, strideWidth]),
    listAttribute('pads', [padInfo.top + margins.top, padInfo.left + margins.left]),
    listAttribute('size', size),
    ...(way > 0 ? [{ name: 'arithmetic', type: nativeBackend().binding.TF_ATTR_INT, value: way }] : []),
    ...(fused.attributes ?? []),
  ];
  const tensors: TensorFlow.Tensor[] = kernel.inputs.map((key) => inputs[key]);
  return execute(
    `${kernel.operation}${fused.suffix}`,
    attributes,
    [...tensors, ...fused.inputs],
    fused.result ?? result,
  );
}

/** Whether a convolution's result is rounded, which one that is fused with what follows it can't be. */
function roundsResult(): boolean {
  return reducedType(recordingPrecision() ?? 'float32') !== undefined && arithmetic() === 0;
}

/** A convolution pooled along by windows of 2×2, where there is an operation that does that. */
function pooledConvolution(call: Call): ReturnType<NonNullable<Fusions['maxPool']>> {
  const { info, margins, result } = call;
  const { batchSize, inChannels, outChannels, filterHeight, filterWidth, strideHeight, strideWidth } = info;
  const [, inHeight, inWidth] = call.inputs.x.shape;
  const [, outHeight, outWidth] = result;
  const sizes = [
    ...[batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels],
    ...[filterHeight, filterWidth, strideHeight, strideWidth],
    ...[info.padInfo.top + margins.top, info.padInfo.left + margins.left],
  ];
  if (roundsResult() || !addon().shouldPool(sizes, arithmetic())) return undefined;
  const pooledShape: Shape4D = [batchSize, outHeight / 2, outWidth / 2, outChannels];
  const [pooled, places] = run(call, { suffix: 'MaxPool', inputs: [], result: pooledShape });
  return { pooled, places };
}

/** A convolution, which can sum its result for a batch normalization, or pool it. */
function convolution(call: Call): TensorFlow.Tensor {
  const [y] = run(call);
  registerFusions(y, [call.inputs.x, call.inputs.filter], {
    moments: !roundsResult()
      ? (inputs, attributes) => recordInstead(y, () => run(call, { suffix: 'Moments', inputs, attributes }))
      : undefined,
    maxPool: () => pooledConvolution(call),
  });
  return y;
}

/** An input gradient added to another one of the same image, which can be set to zero where ReLU let nothing pass. */
function inputGradientSum(call: Call, addend: TensorFlow.Tensor): TensorFlow.Tensor {
  const [dx] = run(call, { suffix: 'Add', inputs: [addend] });
  registerFusions(dx, [call.inputs.filter, call.inputs.dy, addend], {
    reluGradient: (y) => run(call, { suffix: 'AddRelu', inputs: [addend, y] })[0],
  });
  return dx;
}

/** An input gradient, which can be cut to its image without margins, and added to another of the image's gradients. */
function inputGradient(call: Call): TensorFlow.Tensor {
  const [dx] = run(call);
  const [n, , , c] = call.result;
  registerFusions(dx, [call.inputs.filter, call.inputs.dy], {
    add: !roundsResult() ? (addend) => inputGradientSum(call, addend) : undefined,
    slice: ([image, top, left, channel], [images, height, width, channels]) => {
      if (image !== 0 || channel !== 0 || images !== n || channels !== c) return undefined;
      return inputGradient({
        ...call,
        margins: { top: call.margins.top + top, left: call.margins.left + left },
        size: [height, width],
        result: [n, height, width, c],
      });
    },
  });
  return dx;
}

/** A gradient of a convolution that was pooled along. */
function gradientOfPooled(call: Omit<Call, 'margins'>, { dy, places }: WindowGradient): TensorFlow.Tensor {
  const inputs = { ...call.inputs, dy };
  return run({ ...call, inputs, margins: { top: 0, left: 0 } }, { suffix: 'MaxPool', inputs: [places] })[0];
}

/** A kernel's result from the library's own operation, where it does what is asked. */
function direct(
  kernel: Kernel,
  inputs: Inputs,
  attributes: ConvolutionAttributes,
): TensorFlow.Tensor | undefined {
  const info = infoOf(kernel.shapes(inputs, attributes), attributes);
  if (!isDirect(info)) return undefined;
  const call = { kernel, info, inputs, size: kernel.size(info), result: kernel.result(info) };
  const windows = inputs.dy && windowGradientOf(inputs.dy);
  if (windows) return gradientOfPooled(call, windows);
  if (!inputs.x) return inputGradient({ ...call, margins: { top: 0, left: 0 } });
  const { source, ...margins } = unpadded(inputs.x);
  const x = inputs.dy ? (recomputed(source, inputs.dy) as TensorFlow.Tensor4D) : source;
  const withMargins = { ...call, inputs: { ...inputs, x }, margins };
  return inputs.dy ? run(withMargins)[0] : convolution(withMargins);
}

/** The convolution and its two gradients, and the fused one that a layer asks for. */
export const convolutions: readonly Replacement[] = [
  ...KERNELS.map((kernel) =>
    kernelReplacement(
      kernel.name,
      (inputs: Inputs, attributes: ConvolutionAttributes, original: () => TensorFlow.Tensor) =>
        direct(kernel, inputs, attributes) ?? original(),
    ),
  ),
  kernelReplacement(
    'FusedConv2D',
    (inputs: Inputs, attributes: ConvolutionAttributes, original: () => TensorFlow.Tensor) => {
      const isPlain = !inputs.bias && attributes.activation === 'linear';
      return (isPlain && direct(KERNELS[0], inputs, attributes)) || original();
    },
  ),
];
