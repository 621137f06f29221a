/**
 * Transforms that hide a part of an image.
 */
import { checkForm, checkNumber, checkPositiveInteger, type Form } from '../../checks';
import { tf } from '../../engine/runtime/tensorflow';
import { boxTensor } from './box';
import type { Transform } from './transform';

/** Fills rows top..bottom and columns left..right, ends left out, with what is 0 when normalized. */
const erase: Required<Pick<Transform, 'pixels' | 'tensors'>> = {
  pixels(image, [top, bottom, left, right], { mean, shape: [height, width, channels] }) {
    for (let y = Math.max(0, top); y < Math.min(height, bottom); y++) {
      for (let x = Math.max(0, left); x < Math.min(width, right); x++) {
        image.set(mean, (y * width + x) * channels);
      }
    }
  },
  tensors: (images, numbers, { mean }) =>
    tf.tidy(() => {
      const [, height, width] = images.shape;
      const hidden = boxTensor(tf.split(numbers, 4, 1), height, width);
      return tf.add(tf.mul(images, tf.sub(1, hidden)), tf.mul(hidden, tf.tensor1d([...mean])));
    }),
};

/**
 * Hides a square at a random place, which may reach over the edge, by the mean color.
 *
 * @param size pixels of a side
 * @throws ConfigError for a size that is no positive integer
 * @see DeVries and Taylor 2017, "Improved Regularization of Convolutional Neural Networks with Cutout"
 */
export function cutout(size = 8): Transform {
  checkPositiveInteger('size', size);
  return {
    name: `cutout(${size})`,
    draw(random, { shape: [height, width] }) {
      const [top, left] = [height, width].map((most) => random.below(most) - Math.floor(size / 2));
      return [top, top + size, left, left + size];
    },
    ...erase,
  };
}

/** What `randomErasing` takes; the names and defaults are torchvision's. */
export interface RandomErasingOptions {
  /** Share of the images that it is done to. Default 0.5. */
  p?: number;
  /** The least and the largest share of an image that is hidden. Default [0.02, 0.33]. */
  scale?: readonly [number, number];
  /** The least and the largest height over width. Default [0.3, 3.3]. */
  ratio?: readonly [number, number];
}

/** How often a rectangle is drawn that may be too large, before an image is left as it is. */
const TRIES = 10;

/**
 * Hides a rectangle of random size and form within an image, by the mean color; torchvision's `RandomErasing`.
 *
 * @throws ConfigError for numbers out of their range
 * @see Zhong et al. 2020, "Random Erasing Data Augmentation"
 */
export function randomErasing(options: RandomErasingOptions = {}): Transform {
  const form: Form = { 'scale?': ['number'], 'ratio?': ['number'] };
  const {
    p = 0.5,
    scale = [0.02, 0.33],
    ratio = [0.3, 3.3],
  } = checkForm('options', options, form, 'Give for example { p: 0.5, scale: [0.02, 0.2] }.');
  checkNumber('p', p, 0, 1);
  checkNumber('scale[0]', scale[0], 0, 1);
  checkNumber('scale[1]', scale[1], scale[0], 1);
  checkNumber('ratio[0]', ratio[0], 0.01);
  checkNumber('ratio[1]', ratio[1], ratio[0]);
  return {
    name: `randomErasing(${p}, [${scale}], [${ratio}])`,
    draw(random, { shape: [rows, columns] }) {
      if (random.uniform() >= p) return [0, 0, 0, 0];
      for (let i = 0; i < TRIES; i++) {
        const area = rows * columns * random.uniform(...scale);
        const form = Math.exp(random.uniform(Math.log(ratio[0]), Math.log(ratio[1])));
        const [height, width] = [Math.round(Math.sqrt(area * form)), Math.round(Math.sqrt(area / form))];
        if (height >= rows || width >= columns) continue;
        const [top, left] = [random.below(rows - height + 1), random.below(columns - width + 1)];
        return [top, top + height, left, left + width];
      }
      return [0, 0, 0, 0];
    },
    ...erase,
  };
}
