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
import { fusionsOf } from './fusion';
import { placesOf, rememberPlaces, rememberWindowGradient } from './pooledGradient';
import { kernelReplacement, type Replacement } from './replacement';

type Size = [number, number] | number;

interface Attributes {
  filterSize: Size;
  strides: Size;
  pad: TensorFlow.backend_util.ExplicitPadding | 'valid' | 'same' | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

/** The height and width of windows that are side by side; undefined where they aren't, and where the operations are off. */
function sideBySide(
  x: TensorFlow.Tensor4D,
  { filterSize, strides, pad, dimRoundingMode }: Attributes,
): [number, number] | undefined {
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
  return isSideBySide ? [filterHeight, filterWidth] : undefined;
}

/**
 * Records or executes one of the operations, where windows are side by side; undefined where they aren't.
 *
 * @param result its shape; the pooled one without it
 */
function pooled(
  x: TensorFlow.Tensor4D,
  attributes: Attributes,
  operation: string,
  inputs: TensorFlow.Tensor[],
  result?: number[],
): TensorFlow.Tensor | undefined {
  const size = sideBySide(x, attributes);
  if (!size) return undefined;
  const [n, h, w, c] = x.shape;
  const window = { name: 'window', type: nativeBackend().binding.TF_ATTR_INT, value: size };
  const pooledShape = [n, Math.floor(h / size[0]), Math.floor(w / size[1]), c];
  return execute(operation, [window], inputs, result ?? pooledShape)[0];
}

/** What a convolution gives that pools its result along, by windows of 2×2. */
function pooledAlong(x: TensorFlow.Tensor4D, attributes: Attributes): TensorFlow.Tensor | undefined {
  const window = sideBySide(x, attributes);
  if (window?.[0] !== 2 || window[1] !== 2) return undefined;
  const along = fusionsOf(x)?.maxPool?.();
  if (along) rememberPlaces(along.pooled, along.places);
  return along?.pooled;
}

/** The gradient of that. The convolution's own gradients don't need it: it is for whoever asks for it. */
function gradientByPlaces(
  dy: TensorFlow.Tensor4D,
  x: TensorFlow.Tensor4D,
  y: TensorFlow.Tensor4D,
): TensorFlow.Tensor | undefined {
  const places = placesOf(y);
  if (!places) return undefined;
  const [dx] = execute('MaxPoolPlacesGradient', [], [dy, places], x.shape);
  rememberWindowGradient(dx, { dy, places });
  return dx;
}

/** Max pooling and its gradient. */
export const maxPool: readonly Replacement[] = [
  kernelReplacement(
    'MaxPool',
    ({ x }: { x: TensorFlow.Tensor4D }, attributes: Attributes, original: () => TensorFlow.Tensor) =>
      pooledAlong(x, attributes) ?? pooled(x, attributes, 'MaxPoolWindows', [x]) ?? original(),
  ),
  kernelReplacement(
    'MaxPoolGrad',
    (
      { dy, input, output }: Record<'dy' | 'input' | 'output', TensorFlow.Tensor4D>,
      attributes: Attributes,
      original: () => TensorFlow.Tensor,
    ) =>
      gradientByPlaces(dy, input, output) ??
      pooled(input, attributes, 'MaxPoolWindowsGradient', [dy, input, output], input.shape) ??
      original(),
  ),
];
