/**
 * Mixup and CutMix: images of two pictures, with a share of both labels.
 */
import { checkPositive } from '../../checks';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import type { Batch } from '../batch';
import { type ImageShape, lengthOf } from '../dataset';
import type { Random } from '../random';
import { boxTensor } from './box';

/** Mixes the images of a batch with each other: `mixup` or `cutmix`. */
export interface Mixing {
  /** With its setting, for checkpoints and messages: `mixup(0.2)`. */
  readonly name: string;
  /** Draws for each image of a batch of so many what it is mixed with, and how. */
  draw(random: Random, length: number, shape: ImageShape): Mix[];
}

/** How an image is mixed with another one. */
export interface Mix {
  /** The other one's place in the batch. */
  partner: number;
  /** What stays of the image's pixels, and of its label. */
  share: number;
  labelShare: number;
  /** Rows and columns that are the other one's: top, bottom, left, right, ends left out. */
  box: readonly [number, number, number, number];
}

const NO_BOX = [0, 0, 0, 0] as const;

/** A mix as numbers. */
export const MIX_LENGTH = 7;

/** A mix as numbers to feed. */
export function mixNumbers({ partner, share, labelShare, box }: Mix): number[] {
  return [partner, share, labelShare, ...box];
}

/**
 * Blends each image and its label with those of another one, by a share that is drawn for each batch from Beta(alpha, alpha).
 *
 * @throws ConfigError for an alpha that isn't above 0
 * @see Zhang et al. 2018, "mixup: Beyond Empirical Risk Minimization"
 */
export function mixup(alpha = 0.2): Mixing {
  checkPositive('alpha', alpha);
  return {
    name: `mixup(${alpha})`,
    draw(random, length) {
      const share = beta(random, alpha);
      return Array.from(random.permutation(length), (partner) => ({
        partner,
        share,
        labelShare: share,
        box: NO_BOX,
      }));
    },
  };
}

/**
 * Puts a rectangle of another image into each, and mixes their labels by the area; how much stays is drawn for each batch from
 * Beta(alpha, alpha).
 *
 * @throws ConfigError for an alpha that isn't above 0
 * @see Yun et al. 2019, "CutMix: Regularization Strategy to Train Strong Classifiers with Localizable Features"
 */
export function cutmix(alpha = 1): Mixing {
  checkPositive('alpha', alpha);
  return {
    name: `cutmix(${alpha})`,
    draw(random, length, [height, width]) {
      const share = Math.sqrt(1 - beta(random, alpha)); // of each side
      const ends = (size: number) => {
        const center = random.below(size);
        return [center - (size * share) / 2, center + (size * share) / 2].map((end) =>
          Math.min(size, Math.max(0, Math.round(end))),
        );
      };
      const [[top, bottom], [left, right]] = [ends(height), ends(width)];
      const labelShare = 1 - ((bottom - top) * (right - left)) / (height * width);
      return Array.from(random.permutation(length), (partner) => ({
        partner,
        share: 1,
        labelShare,
        box: [top, bottom, left, right] as const,
      }));
    },
  };
}

/**
 * Mixes the images of a batch, already normalized.
 *
 * @param images changed in place // [n, height, width, channels]
 * @param labels // [n]
 * @returns the shares of the classes // [n, classes]
 */
export function mixInto(
  images: Float32Array,
  labels: Int32Array,
  classes: number,
  mixes: readonly Mix[],
  shape: ImageShape,
): Float32Array {
  const [, width, channels] = shape;
  const length = lengthOf(shape);
  const others = images.slice();
  const shares = new Float32Array(labels.length * classes);
  mixes.forEach(({ partner, share, labelShare, box: [top, bottom, left, right] }, i) => {
    const [to, from] = [i * length, partner * length];
    if (share < 1) {
      for (let k = 0; k < length; k++)
        images[to + k] = share * images[to + k] + (1 - share) * others[from + k];
    }
    for (let y = top; y < bottom; y++) {
      const [begin, end] = [left, right].map((x) => (y * width + x) * channels);
      images.set(others.subarray(from + begin, from + end), to + begin);
    }
    shares[i * classes + labels[i]] += labelShare;
    shares[i * classes + labels[partner]] += 1 - labelShare;
  });
  return shares;
}

/**
 * The same by tensor operations alone.
 *
 * @param numbers of `mixNumbers` // [n, 7]
 */
export function mixed(
  { images, labels }: { images: TensorFlow.Tensor4D; labels: TensorFlow.Tensor1D },
  numbers: TensorFlow.Tensor2D,
  classes: number,
): Batch {
  return tf.tidy(() => {
    const [partner, share, labelShare, ...sides] = tf.split(numbers, MIX_LENGTH, 1); // [n, 1]
    const order = tf.cast(tf.squeeze(partner, [1]), 'int32') as TensorFlow.Tensor1D;
    const [, height, width] = images.shape;
    const outside = tf.sub(1, boxTensor(sides, height, width));
    const own = tf.mul(tf.reshape(share, [-1, 1, 1, 1]), outside); // [n, height, width, 1]
    const others = tf.gather(images, order);
    const hot = tf.oneHot(labels, classes, 1, 0, 'float32'); // [n, classes]
    return {
      images: tf.add(tf.mul(images, own), tf.mul(others, tf.sub(1, own))) as TensorFlow.Tensor4D,
      labels,
      softLabels: tf.add(
        tf.mul(hot, labelShare),
        tf.mul(tf.gather(hot, order), tf.sub(1, labelShare)),
      ) as TensorFlow.Tensor2D,
    };
  });
}

/** Draws from Beta(alpha, alpha): the share of one of two gamma variables. */
function beta(random: Random, alpha: number): number {
  const [a, b] = [gamma(random, alpha), gamma(random, alpha)];
  return a + b > 0 ? a / (a + b) : 0.5;
}

/** Draws from Gamma(shape, 1), by Marsaglia and Tsang 2000, "A Simple Method for Generating Gamma Variables". */
function gamma(random: Random, shape: number): number {
  if (shape < 1) return gamma(random, shape + 1) * (1 - random.uniform()) ** (1 / shape);
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const normal = Math.sqrt(-2 * Math.log(1 - random.uniform())) * Math.cos(2 * Math.PI * random.uniform());
    const v = (1 + c * normal) ** 3;
    if (v > 0 && Math.log(1 - random.uniform()) < normal ** 2 / 2 + d - d * v + d * Math.log(v)) return d * v;
  }
}
