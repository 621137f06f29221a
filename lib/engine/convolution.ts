/**
 * The library's own convolutions (native/convolution.h) in the place of TensorFlow's, where the processor makes them faster.
 *
 * TensorFlow.js's kernels are kept for what the own ones don't do: dilations, channels first, a GPU.
 */
import { type AttributeList, nativeBackend } from './backend';
import { hasOwnOperations } from './graphSession';
import { type TensorFlow, tf } from './tensorflow';
import { execute } from './trace';

type ConvolutionInfo = TensorFlow.backend_util.Conv2DInfo;
type Shape4D = [number, number, number, number];

interface Inputs {
  x: TensorFlow.Tensor4D;
  filter: TensorFlow.Tensor4D;
  dy: TensorFlow.Tensor4D;
  bias?: TensorFlow.Tensor1D;
}

interface Attributes {
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number | TensorFlow.backend_util.ExplicitPadding;
  dataFormat: 'NHWC' | 'NCHW';
  dilations?: [number, number] | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
  activation?: string;
  /** Of the input gradient. */
  inputShape: Shape4D;
  /** Of the filter gradient. */
  filterShape: Shape4D;
}

/** One of the three kernels: which shapes make its convolution, and its own operation. */
interface Kernel {
  name: string;
  shapes(inputs: Inputs, attributes: Attributes): { x: Shape4D; filter: Shape4D };
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

function infoOf({ x, filter }: { x: Shape4D; filter: Shape4D }, attributes: Attributes): ConvolutionInfo {
  const { strides, pad, dataFormat, dilations = 1, dimRoundingMode } = attributes;
  const format = tf.backend_util.convertConv2DDataFormat(dataFormat);
  return tf.backend_util.computeConv2DInfo(
    x,
    filter,
    strides,
    dilations,
    pad,
    dimRoundingMode,
    false,
    format,
  );
}

function isDirect({
  dataFormat,
  dilationHeight,
  dilationWidth,
  inChannels,
  filterShape,
}: ConvolutionInfo): boolean {
  const dense = dilationHeight === 1 && dilationWidth === 1 && inChannels === filterShape[2];
  return dense && dataFormat === 'channelsLast' && !nativeBackend().isUsingGpuDevice && hasOwnOperations();
}

function listAttribute(name: string, value: number[]): AttributeList[number] {
  return { name, type: nativeBackend().binding.TF_ATTR_INT, value };
}

/** Computes a kernel with the library's own operation, where it does what is asked. */
function direct(kernel: Kernel, inputs: Inputs, attributes: Attributes): TensorFlow.Tensor | undefined {
  const info = infoOf(kernel.shapes(inputs, attributes), attributes);
  if (!isDirect(info)) return undefined;
  return execute(
    kernel.operation,
    [
      listAttribute('strides', [info.strideHeight, info.strideWidth]),
      listAttribute('pads', [info.padInfo.top, info.padInfo.left]),
      listAttribute('size', kernel.size(info)),
    ],
    kernel.inputs.map((key) => inputs[key]),
    kernel.result(info),
  );
}

type KernelFunction = (inputs: Inputs, attributes: Attributes) => TensorFlow.Tensor | undefined;

/** Puts a function in a kernel's place, which is asked where the function gives nothing. */
function replaceKernel(name: string, replacement: KernelFunction): void {
  const original = tf.getKernel(name, 'tensorflow');
  tf.unregisterKernel(name, 'tensorflow');
  tf.registerKernel({
    ...original,
    kernelFunc: (parameters) =>
      replacement(parameters.inputs as unknown as Inputs, parameters.attrs as unknown as Attributes) ??
      original.kernelFunc(parameters),
  });
}

for (const kernel of KERNELS) {
  replaceKernel(kernel.name, (inputs, attributes) => direct(kernel, inputs, attributes));
}

// What a layer without bias and activation asks for.
replaceKernel('FusedConv2D', (inputs, attributes) => {
  const plain = !inputs.bias && attributes.activation === 'linear';
  return plain ? direct(KERNELS[0], inputs, attributes) : undefined;
});
