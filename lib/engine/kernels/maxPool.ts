/**
 * Max pooling with windows side by side, and its gradient, by the library's own operations (native/pooling): TensorFlow's gradient
 * scatters number by number on a CPU.
 *
 * TensorFlow.js's kernels are kept for windows that overlap or are padded.
 */
import { execute } from '../recording/active';
import { nativeBackend } from '../runtime/backend';
import { hasNativeOperations } from '../runtime/session';
import { type TensorFlow, tf } from '../runtime/tensorflow';
import { kernelReplacement, type Replacement } from './replacement';

type Size = [number, number] | number;

interface Attributes {
  filterSize: Size;
  strides: Size;
  pad: TensorFlow.backend_util.ExplicitPadding | 'valid' | 'same' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/**
 * Records or executes one of the operations, where windows are side by side; undefined where they aren't.
 *
 * @param result its shape; the pooled one without it
 */
function pooled(
  x: TensorFlow.Tensor4D,
  { filterSize, strides, pad, dimRoundingMode }: Attributes,
  operation: string,
  inputs: TensorFlow.Tensor[],
  result?: number[],
): TensorFlow.Tensor | undefined {
  if (!hasNativeOperations() || x.dtype !== 'float32') return undefined;
  const info = tf.backend_util.computePool2DInfo(x.shape, filterSize, strides, 1, pad, dimRoundingMode);
  const { filterHeight, filterWidth, strideHeight, strideWidth, outHeight, outWidth, inHeight, inWidth } =
    info;
  const isSideBySide =
    filterHeight === strideHeight &&
    filterWidth === strideWidth &&
    outHeight === Math.floor(inHeight / filterHeight) &&
    outWidth === Math.floor(inWidth / filterWidth) &&
    outHeight > 0 &&
    outWidth > 0;
  if (!isSideBySide) return undefined;
  const { TF_ATTR_INT } = nativeBackend().binding;
  const window = { name: 'window', type: TF_ATTR_INT, value: [filterHeight, filterWidth] };
  return execute(operation, [window], inputs, result ?? info.outShape)[0];
}

/** Max pooling and its gradient. */
export const maxPool: readonly Replacement[] = [
  kernelReplacement(
    'MaxPool',
    ({ x }: { x: TensorFlow.Tensor4D }, attributes: Attributes, original: () => TensorFlow.Tensor) =>
      pooled(x, attributes, 'MaxPoolWindows', [x]) ?? original(),
  ),
  kernelReplacement(
    'MaxPoolGrad',
    (
      { dy, input, output }: Record<'dy' | 'input' | 'output', TensorFlow.Tensor4D>,
      attributes: Attributes,
      original: () => TensorFlow.Tensor,
    ) => pooled(input, attributes, 'MaxPoolWindowsGradient', [dy, input, output], input.shape) ?? original(),
  ),
];
