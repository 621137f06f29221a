/**
 * Transforms that move pixels: crops, flips and affine warps.
 */
import { checkChoice, checkForm, checkNumber, checkPositiveInteger } from '../../checks';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import type { ImageShape } from '../dataset';
import { Random } from '../random';
import type { Transform } from './transform';

/** What `randomCrop` takes beside the padding. */
export interface RandomCropOptions {
  /** What is around the image: black, or the image itself mirrored at its edges. Default `zeros`. */
  mode?: 'zeros' | 'reflect';
}

/** Where pixels are taken from, along an axis of so many: a place outside of the image is -1. */
function place(at: number, size: number, mode: 'zeros' | 'reflect'): number {
  const last = size - 1;
  if (at >= 0 && at <= last) return at;
  if (mode === 'zeros') return -1;
  return at < 0 ? -at : 2 * last - at;
}

// Images are changed in place, from a copy, which is kept for the next one.
let copy = new Float32Array(0);

/** A copy of an image, until the next one is made. */
export function copyOf(image: Float32Array): Float32Array {
  if (copy.length < image.length) copy = new Float32Array(image.length);
  copy.set(image);
  return copy;
}

/** Writes an image anew: each pixel is the one at a row and a column of the image, or black where one is -1. */
function move(
  image: Float32Array,
  [height, width, channels]: ImageShape,
  rowOf: (y: number) => number,
  columnOf: (x: number) => number,
): void {
  const before = copyOf(image);
  const columns = Array.from({ length: width }, (_, x) => columnOf(x));
  for (let y = 0, to = 0; y < height; y++) {
    const row = rowOf(y);
    for (let x = 0; x < width; x++, to += channels) {
      const from = row < 0 || columns[x] < 0 ? -1 : (row * width + columns[x]) * channels;
      for (let c = 0; c < channels; c++) image[to + c] = from < 0 ? 0 : before[from + c];
    }
  }
}

/** The numbers 0 to size - 1. // [1, size] */
const along = (size: number) => tf.reshape(tf.range(0, size), [1, size]);

/**
 * Images with their rows or columns at other places, black where a place is outside.
 *
 * @param places // [n, size]
 * @param axis 1 for rows, 2 for columns
 */
function gathered(images: TensorFlow.Tensor, places: TensorFlow.Tensor, axis: 1 | 2): TensorFlow.Tensor {
  const size = images.shape[axis]!;
  const inside = tf.clipByValue(places, 0, size - 1);
  const taken = tf.gather(images, tf.cast(inside, 'int32') as TensorFlow.Tensor1D, axis, 1); // [n, height, width, channels]
  const isInside = tf.cast(tf.equal(places, inside), 'float32');
  return tf.mul(taken, tf.reshape(isInside, axis === 1 ? [-1, size, 1, 1] : [-1, 1, size, 1]));
}

/** Places mirrored into an image of so many. */
function reflected(places: TensorFlow.Tensor, size: number): TensorFlow.Tensor {
  const last = size - 1;
  return tf.sub(last, tf.abs(tf.sub(last, tf.abs(places))));
}

/**
 * Pads an image on each side and cuts it out again at a random place; torchvision's `RandomCrop(32, padding)`.
 *
 * @param padding pixels on each side, fewer than the image has
 * @throws ConfigError for a padding that is no positive integer, and for another mode
 */
export function randomCrop(padding = 4, options: RandomCropOptions = {}): Transform {
  const { mode = 'zeros' } = checkForm('options', options, {}, "Give for example { mode: 'reflect' }.");
  checkPositiveInteger('padding', padding);
  checkChoice('mode', mode, ['zeros', 'reflect']);
  const corners = 2 * padding + 1;
  return {
    name: `randomCrop(${padding}${mode === 'zeros' ? '' : ', reflect'})`,
    keepsWhole: true,
    draw(random, { shape: [height, width] }) {
      checkNumber('padding', padding, 1, Math.min(height, width) - 1);
      return [random.below(corners), random.below(corners)];
    },
    pixels(image, [top, left], { shape }) {
      const [height, width] = shape;
      move(
        image,
        shape,
        (y) => place(y + top - padding, height, mode),
        (x) => place(x + left - padding, width, mode),
      );
    },
    tensors: (images, numbers) =>
      tf.tidy(() => {
        const [top, left] = tf.split(numbers, 2, 1); // [n, 1]
        const [, height, width] = images.shape;
        const places = (corner: TensorFlow.Tensor, size: number) => {
          const at = tf.add(along(size), tf.sub(corner, padding));
          return mode === 'reflect' ? reflected(at, size) : at;
        };
        return gathered(
          gathered(images, places(top, height), 1),
          places(left, width),
          2,
        ) as TensorFlow.Tensor4D;
      }),
  };
}

/** A flip from left to right of the images whose number is 1. */
const flip: Pick<Transform, 'keepsWhole' | 'pixels' | 'tensors'> = {
  keepsWhole: true,
  pixels(image, [flips], { shape }) {
    if (!flips) return;
    move(
      image,
      shape,
      (y) => y,
      (x) => shape[1] - 1 - x,
    );
  },
  tensors: (images, flips) =>
    tf.tidy(() => {
      const width = images.shape[2];
      const x = along(width);
      const places = tf.add(x, tf.mul(flips, tf.sub(width - 1, tf.mul(x, 2)))); // [n, width], width - 1 - x where flipped
      return gathered(images, places, 2) as TensorFlow.Tensor4D;
    }),
};

/** Mirrors every second image from left to right, at random; torchvision's `RandomHorizontalFlip()`. */
export function randomFlip(): Transform {
  return { name: 'randomFlip()', draw: (random) => [random.below(2)], ...flip };
}

/**
 * Mirrors every image in every other epoch: at random which images in the first, and in each later one those that weren't in the one
 * before. So two epochs show all images both ways.
 *
 * @see Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", section 3.6
 */
export function alternatingFlip(): Transform {
  return {
    name: 'alternatingFlip()',
    draw: (_, { index, epoch, seed }) => [(Random.fromSeed(seed, index).below(2) + epoch) % 2],
    ...flip,
  };
}
