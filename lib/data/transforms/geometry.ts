/**
 * Transforms that move pixels: crops, flips and affine warps.
 */
import { checkChoice, checkForm, checkNumber, checkPositiveInteger } from '../../checks';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { CHANNELS, IMAGE_LENGTH, IMAGE_SIZE } from '../dataset';
import { Random } from '../random';
import type { Transform } from './transform';

/** What `randomCrop` takes beside the padding. */
export interface RandomCropOptions {
  /** What is around the image: black, or the image itself mirrored at its edges. Default `zeros`. */
  mode?: 'zeros' | 'reflect';
}

/** Where pixels are taken from, along one axis: a place outside of the image is -1. */
function place(at: number, mode: 'zeros' | 'reflect'): number {
  const last = IMAGE_SIZE - 1;
  if (at >= 0 && at <= last) return at;
  if (mode === 'zeros') return -1;
  return at < 0 ? -at : 2 * last - at;
}

// Images are changed in place, from a copy.
const copy = new Float32Array(IMAGE_LENGTH);

/** Writes an image anew: each pixel is the one at a row and a column of the image, or black where one is -1. */
function move(image: Float32Array, rowOf: (y: number) => number, columnOf: (x: number) => number): void {
  copy.set(image);
  const columns = Array.from({ length: IMAGE_SIZE }, (_, x) => columnOf(x));
  for (let y = 0, to = 0; y < IMAGE_SIZE; y++) {
    const row = rowOf(y);
    for (let x = 0; x < IMAGE_SIZE; x++, to += CHANNELS) {
      const from = row < 0 || columns[x] < 0 ? -1 : (row * IMAGE_SIZE + columns[x]) * CHANNELS;
      for (let c = 0; c < CHANNELS; c++) image[to + c] = from < 0 ? 0 : copy[from + c];
    }
  }
}

/** The numbers 0 to 31. // [1, 32] */
const along = () => tf.reshape(tf.range(0, IMAGE_SIZE), [1, IMAGE_SIZE]);

/**
 * Images with their rows or columns at other places, black where a place is outside.
 *
 * @param places // [n, 32]
 * @param axis 1 for rows, 2 for columns
 */
function gathered(images: TensorFlow.Tensor, places: TensorFlow.Tensor, axis: 1 | 2): TensorFlow.Tensor {
  const inside = tf.clipByValue(places, 0, IMAGE_SIZE - 1);
  const taken = tf.gather(images, tf.cast(inside, 'int32') as TensorFlow.Tensor1D, axis, 1); // [n, 32, 32, 3]
  const isInside = tf.cast(tf.equal(places, inside), 'float32');
  return tf.mul(taken, tf.reshape(isInside, axis === 1 ? [-1, IMAGE_SIZE, 1, 1] : [-1, 1, IMAGE_SIZE, 1]));
}

/** Places mirrored into the image. */
function reflected(places: TensorFlow.Tensor): TensorFlow.Tensor {
  const last = IMAGE_SIZE - 1;
  return tf.sub(last, tf.abs(tf.sub(last, tf.abs(places))));
}

/**
 * Pads an image on each side and cuts it out again at a random place; torchvision's `RandomCrop(32, padding)`.
 *
 * @param padding pixels on each side
 * @throws ConfigError for a padding that is no integer of 1 to 31, and for another mode
 */
export function randomCrop(padding = 4, options: RandomCropOptions = {}): Transform {
  const { mode = 'zeros' } = checkForm('options', options, {}, "Give for example { mode: 'reflect' }.");
  checkPositiveInteger('padding', padding);
  checkNumber('padding', padding, 1, IMAGE_SIZE - 1);
  checkChoice('mode', mode, ['zeros', 'reflect']);
  const corners = 2 * padding + 1;
  return {
    name: `randomCrop(${padding}${mode === 'zeros' ? '' : ', reflect'})`,
    keepsWhole: true,
    draw: (random) => [random.below(corners), random.below(corners)],
    pixels(image, [top, left]) {
      move(
        image,
        (y) => place(y + top - padding, mode),
        (x) => place(x + left - padding, mode),
      );
    },
    tensors: (images, numbers) =>
      tf.tidy(() => {
        const [top, left] = tf.split(numbers, 2, 1); // [n, 1]
        const places = (corner: TensorFlow.Tensor) => {
          const at = tf.add(along(), tf.sub(corner, padding));
          return mode === 'reflect' ? reflected(at) : at;
        };
        return gathered(gathered(images, places(top), 1), places(left), 2) as TensorFlow.Tensor4D;
      }),
  };
}

/** A flip from left to right of the images whose number is 1. */
const flip: Pick<Transform, 'keepsWhole' | 'pixels' | 'tensors'> = {
  keepsWhole: true,
  pixels(image, [flips]) {
    if (!flips) return;
    move(
      image,
      (y) => y,
      (x) => IMAGE_SIZE - 1 - x,
    );
  },
  tensors: (images, flips) =>
    tf.tidy(() => {
      const x = along();
      const places = tf.add(x, tf.mul(flips, tf.sub(IMAGE_SIZE - 1, tf.mul(x, 2)))); // [n, 32], 31 - x where flipped
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
