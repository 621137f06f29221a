/**
 * Batches of a data set as tensors, like PyTorch's `DataLoader`.
 */
import { type TensorFlow, tf } from '../engine/tensorflow';
import { ConfigError } from '../errors';
import { augmentInto, randomAugmentation } from './augment';
import { CHANNELS, type Dataset, IMAGE_LENGTH, IMAGE_SIZE } from './dataset';
import {
  CIFAR10_NORMALIZATION,
  type Normalization,
  normalizationTable,
  normalizeInto,
} from './normalization';
import { checkSeed, Random } from './random';

/** One batch. Both tensors belong to whoever draws it, who disposes them. */
export interface Batch {
  /** Normalized pixels, float32. */
  images: TensorFlow.Tensor4D; // [n, 32, 32, 3]
  /** Class indices, int32. */
  labels: TensorFlow.Tensor1D; // [n]
}

/** How a `DataLoader` makes its batches. */
export interface DataLoaderOptions {
  /** Images a batch; 128 by default. */
  batchSize?: number;
  /** Draw the images of each epoch in another random order; false by default. */
  shuffle?: boolean;
  /** Seed of order and augmentation, an integer of 0 to 2^32 - 1; 0 by default. */
  seed?: number;
  /** Crop and mirror the images at random (see augment.ts), for training; false by default. */
  augment?: boolean;
  /** Leave out the last batch of an epoch where it isn't full; false by default. */
  dropLast?: boolean;
  /** How pixels become numbers; CIFAR10_NORMALIZATION by default. */
  normalize?: Normalization;
}

/**
 * An iterable over the batches of a data set: each `for (const batch of loader)` is one epoch.
 *
 * What an epoch yields depends on the seed and on `epoch` alone: not on how the epochs before it ended.
 * A loop may be left early; there is nothing to release but the batches it was given.
 */
export class DataLoader implements Iterable<Batch> {
  readonly dataset: Dataset;
  readonly batchSize: number;
  readonly normalize: Normalization;
  /** Batches an epoch. */
  readonly length: number;
  /** How many epochs were begun: the number of the next one, from 0. Set it to continue an earlier run. */
  epoch = 0;

  readonly #shuffle: boolean;
  readonly #seed: number;
  readonly #augment: boolean;
  readonly #table: Float32Array; // [3, 256]

  /** @throws ConfigError when a setting is out of its range, or `dropLast` would leave no batch at all. */
  constructor(
    dataset: Dataset,
    {
      batchSize = 128,
      shuffle = false,
      seed = 0,
      augment = false,
      dropLast = false,
      normalize = CIFAR10_NORMALIZATION,
    }: DataLoaderOptions = {},
  ) {
    if (!Number.isInteger(batchSize) || batchSize < 1) {
      throw new ConfigError(`A batch size can't be ${batchSize}.`, 'Give a positive integer, such as 128.');
    }
    checkSeed(seed);
    this.length = dropLast ? Math.floor(dataset.length / batchSize) : Math.ceil(dataset.length / batchSize);
    if (this.length === 0) {
      throw new ConfigError(
        `With dropLast, ${dataset.length} images give no batch of ${batchSize}.`,
        'Lower batchSize, or leave dropLast out.',
      );
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.normalize = normalize;
    this.#shuffle = shuffle;
    this.#seed = seed;
    this.#augment = augment;
    this.#table = normalizationTable(normalize);
  }

  /** Draws one epoch, batch by batch. */
  *[Symbol.iterator](): Generator<Batch, void, undefined> {
    const { length } = this.dataset;
    const random = Random.fromSeed(this.#seed, this.epoch++);
    const order = this.#shuffle ? random.permutation(length) : Uint32Array.from({ length }, (_, i) => i);
    for (let batch = 0; batch < this.length; batch++) {
      yield this.#batch(order.subarray(batch * this.batchSize, (batch + 1) * this.batchSize), random);
    }
  }

  #batch(indices: Uint32Array, random: Random): Batch {
    const { length } = indices;
    // A new array each time: TensorFlow.js keeps a reference to it until the tensor is first used.
    const images = new Float32Array(length * IMAGE_LENGTH); // [n, 32, 32, 3]
    const labels = new Int32Array(length); // [n]
    for (let i = 0; i < length; i++) {
      const image = this.dataset.image(indices[i]);
      if (this.#augment) {
        augmentInto(image, randomAugmentation(random), this.#table, images, i * IMAGE_LENGTH);
      } else {
        normalizeInto(image, this.#table, images, i * IMAGE_LENGTH);
      }
      labels[i] = this.dataset.labels[indices[i]];
    }
    return {
      images: tf.tensor4d(images, [length, IMAGE_SIZE, IMAGE_SIZE, CHANNELS]),
      labels: tf.tensor1d(labels, 'int32'),
    };
  }
}
