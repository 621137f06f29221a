/**
 * Batches of a data set as tensors, like PyTorch's `DataLoader`.
 */

import { checkForm, checkPositiveInteger } from '../checks';
import { usesGpu } from '../engine/runtime/backend';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { computedNumbers } from '../engine/runtime/values';
import { ConfigError } from '../errors';
import { count, showAs } from '../showAs';
import type { Batch, BatchDraws, BatchInputs } from './batch';
import { type Dataset, lengthOf } from './dataset';
import { DeviceImages, lookedUp, normalizedTensor } from './deviceImages';
import { type DrawnBatch, type DrawnImage, draws, partsOf } from './drawn';
import {
  CIFAR10_NORMALIZATION,
  type Normalization,
  normalizationTable,
  normalizeInto,
  normalizeNumbersInto,
} from './normalization';
import { checkSeed, Random } from './random';
import { randomCrop, randomFlip } from './transforms/geometry';
import { type Mixing, mixed, mixInto, mixup } from './transforms/mixing';
import { checkTransforms, type Transform, type TransformContext } from './transforms/transform';

/** How a `DataLoader` makes its batches. */
export interface DataLoaderOptions {
  /** Images a batch; 128 by default. */
  batchSize?: number;
  /** Draw the images of each epoch in another random order; false by default. */
  shuffle?: boolean;
  /** Seed of order and transforms, an integer of 0 to 2^32 - 1; 0 by default. */
  seed?: number;
  /**
   * Random changes of each image, for training, one after the other: `[randomCrop(4), randomFlip(), cutout(8)]`. Pixels are 0 to 255 there,
   * and normalized after. Default none.
   */
  transforms?: readonly Transform[];
  /** The usual transforms, `[randomCrop(4), randomFlip()]`; false by default. */
  augment?: boolean;
  /** Mixes the images of each batch, and their labels: `mixup(0.2)` or `cutmix(1)`. Default: they are not. */
  mix?: Mixing;
  /** Leave out the last batch of an epoch where it isn't full; false by default. */
  dropLast?: boolean;
  /** How pixels become numbers; CIFAR10_NORMALIZATION by default. For gray images give `channelStatistics(trainSet)`. */
  normalize?: Normalization;
  /**
   * Have `train` and `evaluate` keep the data set on the device, 4 kB an image of CIFAR-10, and make batches there, within the step that
   * uses them: the same numbers, but hardly anything to send. True by default where there is a GPU.
   */
  onDevice?: boolean;
}

/** How a loader makes its batches, as plain values. */
export interface DataLoaderSettings
  extends Required<Pick<DataLoaderOptions, 'batchSize' | 'shuffle' | 'seed' | 'dropLast' | 'normalize'>> {
  /** The names of its transforms, with their settings. */
  transforms: readonly string[];
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
  readonly #transforms: readonly Transform[];
  /** How many numbers each transform draws. */
  readonly #drawLengths: readonly number[];
  readonly #mix?: Mixing;
  /** How transforms are computed. */
  readonly #way: 'pixels' | 'tensors';
  readonly #context: TransformContext;
  readonly #dropLast: boolean;
  readonly #table: Float32Array; // [channels, 256]
  readonly #onDevice: boolean;
  /** Made at its first use. */
  #deviceImages?: DeviceImages;

  static {
    showAs(DataLoader.prototype, {
      full: (loader) => {
        const { dataset, length, batchSize } = loader;
        const { transforms } = loader.settings;
        const [shuffled, where] = [loader.#shuffle && 'shuffled', loader.#onDevice && 'made on the device'];
        const options = [shuffled, ...transforms, where].filter(Boolean);
        const batches = `${count(length)} ${length === 1 ? 'batch' : 'batches'} of ${batchSize}`;
        return `DataLoader: ${[`${batches} from ${count(dataset.length)} images`, ...options].join(', ')}, seed ${loader.#seed}`;
      },
    });
  }

  /**
   * @throws ConfigError when a setting is out of its range, the normalization has other channels than the images, or `dropLast` would
   *   leave no batch at all.
   */
  constructor(dataset: Dataset, options: DataLoaderOptions = {}) {
    const {
      batchSize = 128,
      shuffle = false,
      seed = 0,
      augment = false,
      transforms = augment ? [randomCrop(4), randomFlip()] : [],
      mix,
      dropLast = false,
      normalize = CIFAR10_NORMALIZATION,
      onDevice = usesGpu(),
    } = checkForm('options', options, {}, 'Give for example { batchSize: 128 }.');
    checkForm(
      'dataset',
      dataset,
      { length: 'number', images: 'numbers', labels: 'numbers', imageShape: 'numbers' },
      'Give a Dataset.',
    );
    checkPositiveInteger('batchSize', batchSize);
    checkSeed(seed);
    if (augment && options.transforms) {
      throw new ConfigError(
        'augment is short for two transforms, and transforms are given too.',
        'Leave augment out, and add randomCrop(4) and randomFlip() to transforms.',
      );
    }
    checkForm('mix', mix ?? mixup(), { name: 'string', draw: 'function' }, 'Give mixup(0.2) or cutmix(1).');
    this.#way = checkTransforms(transforms, onDevice);
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
    this.#transforms = transforms;
    this.#mix = mix;
    this.#dropLast = dropLast;
    this.#table = normalizationTable(normalize);
    const channels = dataset.imageShape[2];
    if (normalize.mean.length !== channels) {
      throw new ConfigError(
        `The images have ${channels} ${channels === 1 ? 'channel' : 'channels'}, and the normalization ${normalize.mean.length}.`,
        'Give { normalize: channelStatistics(trainSet) }, that of the training images for all loaders.',
      );
    }
    // A copy: the table is made of what it is now.
    this.normalize = { mean: [...normalize.mean], std: [...normalize.std] };
    this.#context = { mean: this.normalize.mean.map((mean) => 255 * mean), shape: dataset.imageShape };
    this.#onDevice = onDevice;
    // A transform that doesn't fit such images refuses them here, not in the middle of an epoch.
    const drawnFor = { index: 0, epoch: 0, seed, shape: dataset.imageShape };
    this.#drawLengths = transforms.map(
      (transform) => transform.draw?.(Random.fromSeed(0), drawnFor).length ?? 0,
    );
  }

  /** Whether the images of a batch are mixed with each other. */
  get mixes(): boolean {
    return this.#mix !== undefined;
  }

  /** How it makes its batches. */
  get settings(): DataLoaderSettings {
    const { batchSize, normalize } = this;
    return {
      batchSize,
      shuffle: this.#shuffle,
      seed: this.#seed,
      transforms: [...this.#transforms, ...(this.#mix ? [this.#mix] : [])].map(({ name }) => name),
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
      const tensors = this.#onDevice ? { draws: draws(drawn) } : this.#made(drawn);
      yield { tensors, length: drawn.images.length };
    }
  }

  *#epoch(): Generator<DrawnBatch, void, undefined> {
    const { length } = this.dataset;
    const epoch = this.epoch++;
    const random = Random.fromSeed(this.#seed, epoch);
    const order = this.#shuffle ? random.permutation(length) : Uint32Array.from({ length }, (_, i) => i);
    for (let batch = 0; batch < this.length; batch++) {
      const indices = order.subarray(batch * this.batchSize, (batch + 1) * this.batchSize);
      const images = Array.from(indices, (index): DrawnImage => {
        const drawnFor = { index, epoch, seed: this.#seed, shape: this.dataset.imageShape };
        return {
          index,
          numbers: this.#transforms.map((transform) => transform.draw?.(random, drawnFor) ?? []),
        };
      });
      yield { images, mixes: this.#mix?.draw(random, images.length, this.dataset.imageShape) };
    }
  }

  /**
   * The batch of what `inputs` gave, by tensor operations alone, so that it can be part of a compiled step. Without `onDevice` it
   * is the inputs themselves.
   */
  batch(tensors: Batch | BatchDraws): Batch {
    if (!('draws' in tensors)) return tensors;
    this.#deviceImages ??= new DeviceImages(this.dataset);
    const device = this.#deviceImages;
    return tf.tidy(() => {
      const { index, numbers, mixes } = partsOf(tensors.draws, this.#drawLengths, this.mixes);
      const { images, labels } = device.take(index);
      const batch = { images: this.#changed(images, numbers), labels };
      return mixes ? mixed(batch, mixes, this.dataset.classNames.length) : batch;
    });
  }

  /** Images of 0 to 255, transformed and normalized. */
  #changed(images: TensorFlow.Tensor4D, numbers: readonly TensorFlow.Tensor2D[]): TensorFlow.Tensor4D {
    const transformed = this.#transforms.reduce(
      (before, transform, i) => transform.tensors!(before, numbers[i], this.#context) as TensorFlow.Tensor4D,
      images,
    );
    const areWhole = this.#transforms.every(({ keepsWhole }) => keepsWhole);
    return areWhole ? lookedUp(transformed, this.#table) : normalizedTensor(transformed, this.normalize);
  }

  /** Frees what the loader keeps on the device; a later batch brings it there again. */
  dispose(): void {
    this.#deviceImages?.dispose();
    this.#deviceImages = undefined;
  }

  /** A batch made here. */
  #made({ images: drawn, mixes }: DrawnBatch): Batch {
    const labels = Int32Array.from(drawn, ({ index }) => this.dataset.labels[index]); // [n]
    // A new array each time: TensorFlow.js keeps a reference to it until the tensor is first used.
    const images = this.#way === 'pixels' ? this.#pixels(drawn) : this.#byTensors(drawn); // [n, height, width, channels]
    const { imageShape, classNames } = this.dataset;
    const classes = classNames.length;
    const shares = mixes && mixInto(images, labels, classes, mixes, imageShape); // [n, classes]
    return {
      images: tf.tensor4d(images, [labels.length, ...imageShape]),
      labels: tf.tensor1d(labels, 'int32'),
      ...(shares && { softLabels: tf.tensor2d(shares, [labels.length, classes]) }),
    };
  }

  #pixels(drawn: readonly DrawnImage[]): Float32Array {
    const length = lengthOf(this.dataset.imageShape);
    const images = new Float32Array(drawn.length * length);
    const changed = new Float32Array(length); // [height, width, channels]
    drawn.forEach(({ index, numbers }, i) => {
      const image = this.dataset.image(index);
      if (this.#transforms.length === 0) {
        normalizeInto(image, this.#table, images, i * length);
        return;
      }
      changed.set(image);
      this.#transforms.forEach((transform, k) => {
        transform.pixels!(changed, numbers[k], this.#context);
      });
      normalizeNumbersInto(changed, this.#table, this.normalize, images, i * length);
    });
    return images;
  }

  #byTensors(drawn: readonly DrawnImage[]): Float32Array {
    return computedNumbers(() => {
      const bytes = drawn.map(({ index }) => this.dataset.image(index));
      const pixels = Float32Array.from(Buffer.concat(bytes));
      const images = tf.tensor4d(pixels, [drawn.length, ...this.dataset.imageShape]);
      const { numbers } = partsOf(draws({ images: drawn }), this.#drawLengths, false);
      return this.#changed(images, numbers);
    });
  }
}
