/**
 * Transforms of colors.
 */
import { checkForm, checkNumber } from '../../checks';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import type { Random } from '../random';
import type { Transform } from './transform';

/** What red, green and blue count for in a gray, as in ITU-R BT.601; other channels count alike. */
function grayWeights(channels: number): readonly number[] {
  return channels === 3 ? [0.2989, 0.587, 0.114] : new Array<number>(channels).fill(1 / channels);
}

const clip = (value: number) => Math.min(255, Math.max(0, value));

/** Changes brightness, contrast and saturation by factors, in this order; a factor of 1 changes nothing. */
export const colors: Required<Pick<Transform, 'pixels' | 'tensors'>> = {
  pixels(image, [brightness, contrast, saturation], { shape: [, , channels] }) {
    const weights = grayWeights(channels);
    const grayAt = (i: number) => {
      let gray = 0;
      for (let c = 0; c < channels; c++) gray += weights[c] * image[i + c];
      return gray;
    };
    let sum = 0;
    for (let i = 0; i < image.length; i++) image[i] = clip(image[i] * brightness);
    for (let i = 0; i < image.length; i += channels) sum += grayAt(i);
    const mean = (sum * channels) / image.length;
    for (let i = 0; i < image.length; i++) image[i] = clip(mean + (image[i] - mean) * contrast);
    for (let i = 0; i < image.length; i += channels) {
      const gray = grayAt(i);
      for (let c = 0; c < channels; c++) image[i + c] = clip(gray + (image[i + c] - gray) * saturation);
    }
  },
  tensors: (images, numbers) =>
    tf.tidy(() => {
      const factors = tf.split(numbers, 3, 1).map((factor) => tf.reshape(factor, [-1, 1, 1, 1]));
      const [brightness, contrast, saturation] = factors;
      const bright = tf.clipByValue(tf.mul(images, brightness), 0, 255);
      const mean = tf.mean(grayOf(bright), [1, 2, 3], true); // [n, 1, 1, 1]
      const clear = tf.clipByValue(tf.add(mean, tf.mul(tf.sub(bright, mean), contrast)), 0, 255);
      const gray = grayOf(clear);
      const vivid = tf.add(gray, tf.mul(tf.sub(clear, gray), saturation));
      return tf.clipByValue(vivid, 0, 255) as TensorFlow.Tensor4D;
    }),
};

/** Images without color. // [n, height, width, 1] */
function grayOf(images: TensorFlow.Tensor): TensorFlow.Tensor {
  return tf.sum(tf.mul(images, tf.tensor1d([...grayWeights(images.shape[3]!)])), 3, true);
}

/** What `colorJitter` takes; the names are torchvision's. */
export interface ColorJitterOptions {
  /** Each factor is drawn from 1 - so much to 1 + so much. Default 0. */
  brightness?: number;
  contrast?: number;
  saturation?: number;
}

/**
 * Changes brightness, contrast and saturation at random; torchvision's `ColorJitter`, always in this order.
 *
 * @throws ConfigError for a number outside of 0..1
 */
export function colorJitter(options: ColorJitterOptions): Transform {
  const {
    brightness = 0,
    contrast = 0,
    saturation = 0,
  } = checkForm('options', options, {}, 'Give for example { brightness: 0.2, contrast: 0.2 }.');
  const most = { brightness, contrast, saturation };
  for (const [name, value] of Object.entries(most)) checkNumber(name, value, 0, 1);
  return {
    name: `colorJitter(${brightness}, ${contrast}, ${saturation})`,
    draw: (random: Random) => Object.values(most).map((value) => random.uniform(1 - value, 1 + value)),
    ...colors,
  };
}
