/**
 * TrivialAugment: one change of a random kind and a random strength for each image.
 */
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { CHANNELS, IMAGE_LENGTH, IMAGE_SIZE } from '../dataset';
import type { Random } from '../random';
import { colors } from './color';
import type { Transform } from './transform';

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

/** Kinds of changes, by a strength of 0 to 1 and a sign. */
const KINDS: readonly ((strength: number, sign: number) => Partial<Change>)[] = [
  () => ({}),
  (strength, sign) => ({ matrix: [1, 0, sign * 0.99 * strength, 1] }), // along x
  (strength, sign) => ({ matrix: [1, sign * 0.99 * strength, 0, 1] }), // along y
  (strength, sign) => ({ shift: [0, Math.trunc(sign * 32 * strength)] }),
  (strength, sign) => ({ shift: [Math.trunc(sign * 32 * strength), 0] }),
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
const CENTER = (IMAGE_SIZE - 1) / 2;
const copy = new Float32Array(IMAGE_LENGTH);

/** Takes each pixel from its place, the nearest one, or black where that is outside; in float32 throughout, as the tensors are. */
function warp(image: Float32Array, [a, b, c, d, shiftY, shiftX]: readonly number[]): void {
  copy.set(image);
  const [left, right] = [fround(CENTER + shiftY + 0.5), fround(CENTER + shiftX + 0.5)];
  const along = (u: number, y: number, v: number, x: number, base: number) =>
    Math.floor(fround(fround(fround(fround(u) * y) + fround(fround(v) * x)) + base));
  for (let y = 0, to = 0; y < IMAGE_SIZE; y++) {
    for (let x = 0; x < IMAGE_SIZE; x++, to += CHANNELS) {
      const row = along(a, y - CENTER, b, x - CENTER, left);
      const column = along(c, y - CENTER, d, x - CENTER, right);
      const inside = row >= 0 && row < IMAGE_SIZE && column >= 0 && column < IMAGE_SIZE;
      const from = (row * IMAGE_SIZE + column) * CHANNELS;
      for (let i = 0; i < CHANNELS; i++) image[to + i] = inside ? copy[from + i] : 0;
    }
  }
}

/** @param numbers // [n, 6] */
function warped(images: TensorFlow.Tensor4D, numbers: TensorFlow.Tensor2D): TensorFlow.Tensor4D {
  const [a, b, c, d, shiftY, shiftX] = tf
    .split(numbers, 6, 1)
    .map((number) => tf.reshape(number, [-1, 1, 1]));
  const centered = tf.sub(tf.range(0, IMAGE_SIZE), CENTER);
  const [y, x] = [tf.reshape(centered, [1, IMAGE_SIZE, 1]), tf.reshape(centered, [1, 1, IMAGE_SIZE])];
  const along = (u: TensorFlow.Tensor, v: TensorFlow.Tensor, shift: TensorFlow.Tensor) =>
    tf.floor(tf.add(tf.add(tf.mul(u, y), tf.mul(v, x)), tf.add(shift, CENTER + 0.5))); // [n, 32, 32]
  const inside = (at: TensorFlow.Tensor) => tf.clipByValue(at, 0, IMAGE_SIZE - 1);
  const isInside = (at: TensorFlow.Tensor) => tf.cast(tf.equal(at, inside(at)), 'float32');
  const [row, column] = [along(a, b, shiftY), along(c, d, shiftX)];
  const place = tf.add(tf.mul(inside(row), IMAGE_SIZE), inside(column));
  const places = tf.cast(tf.reshape(place, [-1, IMAGE_SIZE * IMAGE_SIZE]), 'int32') as TensorFlow.Tensor;
  const pixels: TensorFlow.Tensor = tf.reshape(images, [-1, IMAGE_SIZE * IMAGE_SIZE, CHANNELS]);
  const moved: TensorFlow.Tensor = tf.gather(pixels, places as TensorFlow.Tensor1D, 1, 1);
  const taken = tf.reshape(moved, [-1, IMAGE_SIZE, IMAGE_SIZE, CHANNELS]);
  return tf.mul(taken, tf.expandDims(tf.mul(isInside(row), isInside(column)), 3)) as TensorFlow.Tensor4D;
}

/** Rounds values down, inverts and stretches them. */
function adjust(image: Float32Array, [step, threshold, stretch]: readonly number[]): void {
  for (let i = 0; i < image.length; i++) {
    const value = step === 1 ? image[i] : Math.floor(image[i] / step) * step;
    image[i] = value >= fround(threshold) ? 255 - value : value;
  }
  if (!stretch) return;
  for (let c = 0; c < CHANNELS; c++) {
    let low = 255;
    let high = 0;
    for (let i = c; i < image.length; i += CHANNELS) {
      low = Math.min(low, image[i]);
      high = Math.max(high, image[i]);
    }
    if (high === low) continue;
    for (let i = c; i < image.length; i += CHANNELS) image[i] = ((image[i] - low) * 255) / (high - low);
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
    draw(random: Random) {
      const kind = KINDS[random.below(KINDS.length)];
      const [strength, sign] = [random.below(BINS) / (BINS - 1), random.below(2) === 0 ? 1 : -1];
      const change = { ...NOTHING, ...kind(strength, sign) };
      const { matrix, shift, step, threshold, stretch } = change;
      return [...matrix, ...shift, ...change.colors, step, threshold, stretch];
    },
    pixels(image, numbers, context) {
      warp(image, numbers.slice(0, 6));
      colors.pixels(image, numbers.slice(6, 9), context);
      adjust(image, numbers.slice(9, NUMBERS));
    },
    tensors: (images, numbers, context) =>
      tf.tidy(() => {
        const [places, factors, rest] = tf.split(numbers, [6, 3, 3], 1) as TensorFlow.Tensor2D[];
        return adjusted(colors.tensors(warped(images, places), factors, context), rest);
      }),
  };
}
