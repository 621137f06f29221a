/**
 * Batches of a data set as tensors, like PyTorch's `DataLoader`.
 */

import { checkForm } from '../checks';
import { usesGpu } from '../engine/runtime/backend';
import { tf } from '../engine/runtime/tensorflow';
import { ConfigError } from '../errors';
import { count, showAs } from '../showAs';
import { augmentInto, randomAugmentation, UNCHANGED } from './augment';
import type { Batch, BatchDraws, BatchInputs } from './batch';
import { CHANNELS, type Dataset, IMAGE_LENGTH, IMAGE_SIZE } from './dataset';
import { DeviceImages, type DrawnImage, draws } from './deviceImages';
import {
  CIFAR10_NORMALIZATION,
  type Normalization,
  normalizationTable,
  normalizeInto,
} from './normalization';
import { checkSeed, Random } from './random';

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
  /**
   * Have `train` and `evaluate` keep the data set on the device, 4 kB an image, and make batches there, within the step that uses
   * them: the same numbers, but hardly anything to send. True by default where there is a GPU.
   */
  onDevice?: boolean;
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
  /** How many epochs have started: the number of the next one, from 0. Set it to continue an earlier run. */
  epoch = 0;

  readonly #shuffle: boolean;
  readonly #seed: number;
  readonly #augment: boolean;
  readonly #dropLast: boolean;
  readonly #table: Float32Array; // [3, 256]
  readonly #onDevice: boolean;
  /** Made at its first use. */
  #deviceImages?: DeviceImages;

  static {
    showAs(DataLoader.prototype, {
      full: (loader) => {
        const { dataset, length, batchSize } = loader;
        const options = [
          ...(loader.#shuffle ? ['shuffled'] : []),
          ...(loader.#augment ? ['augmented'] : []),
          ...(loader.#onDevice ? ['made on the device'] : []),
        ];
        const batches = `${count(length)} ${length === 1 ? 'batch' : 'batches'} of ${batchSize}`;
        return `DataLoader: ${[`${batches} from ${count(dataset.length)} images`, ...options].join(', ')}, seed ${loader.#seed}`;
      },
    });
  }

  /** @throws ConfigError when a setting is out of its range, or `dropLast` would leave no batch at all. */
  constructor(dataset: Dataset, options: DataLoaderOptions = {}) {
    const {
      batchSize = 128,
      shuffle = false,
      seed = 0,
      augment = false,
      dropLast = false,
      normalize = CIFAR10_NORMALIZATION,
      onDevice = usesGpu(),
    } = checkForm('options', options, {}, 'Give for example { batchSize: 128 }.');
    checkForm(
      'dataset',
      dataset,
      { length: 'number', images: 'numbers', labels: 'numbers' },
      'Give a Dataset.',
    );
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
    this.#shuffle = shuffle;
    this.#seed = seed;
    this.#augment = augment;
    this.#dropLast = dropLast;
    this.#table = normalizationTable(normalize);
    // A copy: the table is made of what it is now.
    this.normalize = { mean: [...normalize.mean], std: [...normalize.std] };
    this.#onDevice = onDevice;
  }

  /** How it makes its batches. */
  get settings(): Required<Omit<DataLoaderOptions, 'onDevice'>> {
    const { batchSize, normalize } = this;
    return {
      batchSize,
      shuffle: this.#shuffle,
      seed: this.#seed,
      augment: this.#augment,
      dropLast: this.#dropLast,
      normalize,
    };
  }

  /** Draws one epoch, batch by batch. */
  *[Symbol.iterator](): Generator<Batch, void, undefined> {
    for (const drawn of this.#epoch()) yield this.#made(drawn);
  }

  /**
   * Draws one epoch as what steps are fed: a step makes its batch of it by `batch`.
   *
   * @param skip so many of its batches are left out, from the first on
   */
  *inputs(skip = 0): Generator<BatchInputs, void, undefined> {
    let left = skip;
    for (const drawn of this.#epoch()) {
      if (left-- > 0) continue;
      const { length } = drawn;
      if (this.#onDevice) {
        yield { tensors: { draws: draws(drawn) }, length };
      } else {
        yield { tensors: this.#made(drawn), length };
      }
    }
  }

  *#epoch(): Generator<DrawnImage[], void, undefined> {
    const { length } = this.dataset;
    const random = Random.fromSeed(this.#seed, this.epoch++);
    const order = this.#shuffle ? random.permutation(length) : Uint32Array.from({ length }, (_, i) => i);
    for (let batch = 0; batch < this.length; batch++) {
      const indices = order.subarray(batch * this.batchSize, (batch + 1) * this.batchSize);
      yield Array.from(indices, (index) => ({
        index,
        ...(this.#augment ? randomAugmentation(random) : UNCHANGED),
      }));
    }
  }

  /**
   * The batch of what `inputs` gave, by tensor operations alone, so that it can be part of a compiled step. Without `onDevice` it
   * is the inputs themselves.
   */
  batch(tensors: Batch | BatchDraws): Batch {
    if (!('draws' in tensors)) return tensors;
    this.#deviceImages ??= new DeviceImages(this.dataset, this.#table);
    return this.#deviceImages.batch(tensors.draws);
  }

  /** Frees what the loader keeps on the device; a later batch brings it there again. */
  dispose(): void {
    this.#deviceImages?.dispose();
    this.#deviceImages = undefined;
  }

  /** A batch made here, image by image. */
  #made(drawn: readonly DrawnImage[]): Batch {
    const { length } = drawn;
    // A new array each time: TensorFlow.js keeps a reference to it until the tensor is first used.
    const images = new Float32Array(length * IMAGE_LENGTH); // [n, 32, 32, 3]
    const labels = new Int32Array(length); // [n]
    drawn.forEach((draw, i) => {
      const image = this.dataset.image(draw.index);
      if (this.#augment) augmentInto(image, draw, this.#table, images, i * IMAGE_LENGTH);
      else normalizeInto(image, this.#table, images, i * IMAGE_LENGTH);
      labels[i] = this.dataset.labels[draw.index];
    });
    return {
      images: tf.tensor4d(images, [length, IMAGE_SIZE, IMAGE_SIZE, CHANNELS]),
      labels: tf.tensor1d(labels, 'int32'),
    };
  }
}
