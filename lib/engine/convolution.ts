/**
 * The library's own convolutions (native/convolution.h) in the place of TensorFlow's, where the processor makes them faster.
 *
 * TensorFlow.js's kernels are kept for what the own ones don't do: dilations, channels first, a GPU.
 */
import { type AttributeList, nativeBackend } from './backend';
import { type ConvolutionAttributes, type ConvolutionInfo, infoOf, type Shape4D } from './convolutionInfo';
import { hasOwnOperations } from './graphSession';
import { replaceKernel } from './kernels';
import { type Margins, offerCut, unpadded } from './margins';
import type { TensorFlow } from './tensorflow';
import { execute } from './trace';

interface Inputs {
  x: TensorFlow.Tensor4D;
  filter: TensorFlow.Tensor4D;
  dy: TensorFlow.Tensor4D;
  bias?: TensorFlow.Tensor1D;
}

/** One of the three kernels: which shapes make its convolution, and its own operation. */
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
  return dense && dataFormat === 'channelsLast' && !nativeBackend().isUsingGpuDevice && hasOwnOperations();
}

function listAttribute(name: string, value: number[]): AttributeList[number] {
  return { name, type: nativeBackend().binding.TF_ATTR_INT, value };
}

/** Records or executes one of the own operations, for a picture with margins besides those that the convolution has. */
function run(
  { operation, inputs: order }: Kernel,
  { strideHeight, strideWidth, padInfo }: ConvolutionInfo,
  inputs: Inputs,
  { top, left }: Margins,
  size: number[],
  result: Shape4D,
): TensorFlow.Tensor {
  const attributes = [
    listAttribute('strides', [strideHeight, strideWidth]),
    listAttribute('pads', [padInfo.top + top, padInfo.left + left]),
    listAttribute('size', size),
  ];
  return execute(
    operation,
    attributes,
    order.map((key) => inputs[key]),
    result,
  );
}

/** A kernel's result from the library's own operation, where it does what is asked. */
function direct(
  kernel: Kernel,
  inputs: Inputs,
  attributes: ConvolutionAttributes,
): TensorFlow.Tensor | undefined {
  const info = infoOf(kernel.shapes(inputs, attributes), attributes);
  if (!isDirect(info)) return undefined;
  const [size, shape] = [kernel.size(info), kernel.result(info)];
  if (inputs.x) {
    const { source, ...margins } = unpadded(inputs.x);
    return run(kernel, info, { ...inputs, x: source }, margins, size, shape);
  }
  const dx = run(kernel, info, inputs, { top: 0, left: 0 }, size, shape);
  offerCut(dx, (margins, cut) => run(kernel, info, inputs, margins, [cut[1], cut[2]], cut));
  return dx;
}

for (const kernel of KERNELS) {
  replaceKernel(
    kernel.name,
    (inputs: Inputs, attributes: ConvolutionAttributes, original: () => TensorFlow.Tensor) =>
      direct(kernel, inputs, attributes) ?? original(),
  );
}

// What a layer without bias and activation asks for.
replaceKernel(
  'FusedConv2D',
  (inputs: Inputs, attributes: ConvolutionAttributes, original: () => TensorFlow.Tensor) => {
    const plain = !inputs.bias && attributes.activation === 'linear';
    return (plain && direct(KERNELS[0], inputs, attributes)) || original();
  },
);
