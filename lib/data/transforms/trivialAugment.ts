/**
 * TrivialAugment: one change of a random kind and a random strength for each image.
 */
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import type { ImageShape } from '../dataset';
import type { Random } from '../random';
import { colors } from './color';
import { copyOf } from './geometry';
import type { Transform } from './transform';

interface Size {
  height: number;
  width: number;
}

/** What is done to an image: all that doesn't belong to its kind of change changes nothing. */
interface Change {
  /** Where a pixel is taken from: [row, column] = matrix * ([y, x] - center) + center + shift. */
  matrix: readonly [number, number, number, number];
  shift: readonly [number, number];
  /** Factors of brightness, contrast and saturation. */
  colors: readonly [number, number, number];
  /** Values are rounded down to multiples of it. */
  step: number;
  /** Values from here on are inverted. */
  threshold: number;
  /** Whether each channel is stretched to 0..255. */
  stretch: number;
}

const NOTHING: Change = {
  matrix: [1, 0, 0, 1],
  shift: [0, 0],
  colors: [1, 1, 1],
  step: 1,
  threshold: 256,
  stretch: 0,
};

const NUMBERS = 12;

/** Strengths, as torchvision's `TrivialAugmentWide` has them. */
const BINS = 31;

/** Kinds of changes, by a strength of 0 to 1, a sign and the pixels that an image is moved by at most. */
const KINDS: readonly ((strength: number, sign: number, most: Size) => Partial<Change>)[] = [
  () => ({}),
  (strength, sign) => ({ matrix: [1, 0, sign * 0.99 * strength, 1] }), // along x
  (strength, sign) => ({ matrix: [1, sign * 0.99 * strength, 0, 1] }), // along y
  (strength, sign, { width }) => ({ shift: [0, Math.trunc(sign * width * strength)] }),
  (strength, sign, { height }) => ({ shift: [Math.trunc(sign * height * strength), 0] }),
  (strength, sign) => {
    const angle = (sign * 135 * strength * Math.PI) / 180;
    return { matrix: [Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle)] };
  },
  (strength, sign) => ({ colors: [1 + sign * 0.99 * strength, 1, 1] }),
  (strength, sign) => ({ colors: [1, 1 + sign * 0.99 * strength, 1] }),
  (strength, sign) => ({ colors: [1, 1, 1 + sign * 0.99 * strength] }),
  (strength) => ({ step: 2 ** Math.round(6 * strength) }),
  (strength) => ({ threshold: 255 * (1 - strength) }),
  () => ({ stretch: 1 }),
];

const { fround } = Math;

/** Takes each pixel from its place, the nearest one, or black where that is outside; in float32 throughout, as the tensors are. */
function warp(
  image: Float32Array,
  [a, b, c, d, shiftY, shiftX]: readonly number[],
  [height, width, channels]: ImageShape,
): void {
  const before = copyOf(image);
  const [middle, center] = [(height - 1) / 2, (width - 1) / 2];
  const [left, right] = [fround(middle + shiftY + 0.5), fround(center + shiftX + 0.5)];
  const along = (u: number, y: number, v: number, x: number, base: number) =>
    Math.floor(fround(fround(fround(fround(u) * y) + fround(fround(v) * x)) + base));
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += channels) {
      const row = along(a, y - middle, b, x - center, left);
      const column = along(c, y - middle, d, x - center, right);
      const inside = row >= 0 && row < height && column >= 0 && column < width;
      const from = (row * width + column) * channels;
      for (let i = 0; i < channels; i++) image[to + i] = inside ? before[from + i] : 0;
    }
  }
}

/** @param numbers // [n, 6] */
function warped(images: TensorFlow.Tensor4D, numbers: TensorFlow.Tensor2D): TensorFlow.Tensor4D {
  const [a, b, c, d, shiftY, shiftX] = tf
    .split(numbers, 6, 1)
    .map((number) => tf.reshape(number, [-1, 1, 1]));
  const [, height, width, channels] = images.shape;
  const [middle, center] = [(height - 1) / 2, (width - 1) / 2];
  const y = tf.reshape(tf.sub(tf.range(0, height), middle), [1, height, 1]);
  const x = tf.reshape(tf.sub(tf.range(0, width), center), [1, 1, width]);
  const along = (u: TensorFlow.Tensor, v: TensorFlow.Tensor, base: TensorFlow.Tensor) =>
    tf.floor(tf.add(tf.add(tf.mul(u, y), tf.mul(v, x)), base)); // [n, height, width]
  const row = along(a, b, tf.add(shiftY, middle + 0.5));
  const column = along(c, d, tf.add(shiftX, center + 0.5));
  const [insideRow, insideColumn] = [
    tf.clipByValue(row, 0, height - 1),
    tf.clipByValue(column, 0, width - 1),
  ];
  const place = tf.add(tf.mul(insideRow, width), insideColumn);
  const places = tf.cast(tf.reshape(place, [-1, height * width]), 'int32') as TensorFlow.Tensor;
  const pixels: TensorFlow.Tensor = tf.reshape(images, [-1, height * width, channels]);
  const moved: TensorFlow.Tensor = tf.gather(pixels, places as TensorFlow.Tensor1D, 1, 1);
  const taken = tf.reshape(moved, [-1, height, width, channels]);
  const isInside = tf.logicalAnd(tf.equal(row, insideRow), tf.equal(column, insideColumn));
  return tf.mul(taken, tf.expandDims(tf.cast(isInside, 'float32'), 3)) as TensorFlow.Tensor4D;
}

/** Rounds values down, inverts and stretches them. */
function adjust(image: Float32Array, [step, threshold, stretch]: readonly number[], channels: number): void {
  for (let i = 0; i < image.length; i++) {
    const value = step === 1 ? image[i] : Math.floor(image[i] / step) * step;
    image[i] = value >= fround(threshold) ? 255 - value : value;
  }
  if (!stretch) return;
  for (let c = 0; c < channels; c++) {
    let low = 255;
    let high = 0;
    for (let i = c; i < image.length; i += channels) {
      low = Math.min(low, image[i]);
      high = Math.max(high, image[i]);
    }
    if (high === low) continue;
    for (let i = c; i < image.length; i += channels) image[i] = ((image[i] - low) * 255) / (high - low);
  }
}

/** @param numbers // [n, 3] */
function adjusted(images: TensorFlow.Tensor, numbers: TensorFlow.Tensor2D): TensorFlow.Tensor4D {
  const [step, threshold, stretch] = tf
    .split(numbers, 3, 1)
    .map((number) => tf.reshape(number, [-1, 1, 1, 1]));
  const rounded = tf.where(tf.greater(step, 1), tf.mul(tf.floor(tf.div(images, step)), step), images);
  const inverted = tf.where(tf.greaterEqual(rounded, threshold), tf.sub(255, rounded), rounded);
  const low = tf.min(inverted, [1, 2], true);
  const range = tf.sub(tf.max(inverted, [1, 2], true), low); // [n, 1, 1, 3]
  const stretched = tf.div(tf.mul(tf.sub(inverted, low), 255), tf.maximum(range, 1e-6));
  const isStretched = tf.logicalAnd(tf.greater(stretch, 0), tf.greater(range, 0));
  return tf.where(isStretched, stretched, inverted) as TensorFlow.Tensor4D;
}

/**
 * Changes each image in one way out of twelve, of a random strength: nothing, a shear or a shift along x or y, a rotation, brightness,
 * contrast, saturation, fewer values, inverted bright values, or stretched channels. It is torchvision's `TrivialAugmentWide` without
 * sharpness and equalization.
 *
 * @see Müller and Hutter 2021, "TrivialAugment: Tuning-free Yet State-of-the-Art Data Augmentation"
 */
export function trivialAugment(): Transform {
  return {
    name: 'trivialAugment()',
    draw(random: Random, { shape: [height, width] }) {
      const kind = KINDS[random.below(KINDS.length)];
      const [strength, sign] = [random.below(BINS) / (BINS - 1), random.below(2) === 0 ? 1 : -1];
      const change = { ...NOTHING, ...kind(strength, sign, { height, width }) };
      const { matrix, shift, step, threshold, stretch } = change;
      return [...matrix, ...shift, ...change.colors, step, threshold, stretch];
    },
    pixels(image, numbers, context) {
      warp(image, numbers.slice(0, 6), context.shape);
      colors.pixels(image, numbers.slice(6, 9), context);
      adjust(image, numbers.slice(9, NUMBERS), context.shape[2]);
    },
    tensors: (images, numbers, context) =>
      tf.tidy(() => {
        const [places, factors, rest] = tf.split(numbers, [6, 3, 3], 1) as TensorFlow.Tensor2D[];
        return adjusted(colors.tensors(warped(images, places), factors, context), rest);
      }),
  };
}
