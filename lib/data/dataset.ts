/**
 * Labeled images in memory.
 */
import { checkForm } from '../checks';
import { ConfigError, DataError } from '../errors';
import { count, showAs, tableLines } from '../showAs';
import { CLASS_NAMES } from './classNames';
import { Random } from './random';

/** Height and width in pixels, and channels: 3 of color, or 1 of gray. */
export type ImageShape = readonly [height: number, width: number, channels: number];

/** The images of CIFAR-10 and CIFAR-100. */
export const CIFAR_SHAPE: ImageShape = [32, 32, 3];

/** Classes that a label of one byte can tell apart. */
const MOST_CLASSES = 256;

/** Numbers of an image. */
export function lengthOf([height, width, channels]: ImageShape): number {
  return height * width * channels;
}

/** Images of one size, a label for each, and the names of the classes. Not changed once made. */
export class Dataset {
  /** All pixels, 0 to 255. */
  readonly images: Uint8Array; // [n, height, width, channels]
  /** The index of each image's class. */
  readonly labels: Uint8Array; // [n]
  /** The name of each class. */
  readonly classNames: readonly string[];
  /** Height, width and channels of an image. */
  readonly imageShape: ImageShape;

  static {
    showAs(Dataset.prototype, { full: datasetText });
  }

  /**
   * Takes the arrays as they are, without copying them.
   *
   * @param images // [n, height, width, channels]
   * @param labels // [n]
   * @param classNames CIFAR-10's without it
   * @param imageShape 32×32 in color without it
   * @throws DataError when there is no image, the lengths don't fit, or a label is out of range.
   */
  constructor(
    images: Uint8Array,
    labels: Uint8Array,
    classNames: readonly string[] = CLASS_NAMES,
    imageShape: ImageShape = CIFAR_SHAPE,
  ) {
    checkForm(
      'images',
      images,
      'numbers',
      'Give a Uint8Array: the channels of each pixel, image by image.',
      DataError,
    );
    checkForm(
      'labels',
      labels,
      'numbers',
      'Give a Uint8Array: the index of the class of each image.',
      DataError,
    );
    checkForm('classNames', classNames, ['string'], 'Give the name of each class.', DataError);
    if (labels.length === 0) {
      throw new DataError('A data set needs at least one image.', 'Check what it is read or selected from.');
    }
    checkForm(
      'imageShape',
      imageShape,
      'numbers',
      'Give height, width and channels: [32, 32, 3].',
      DataError,
    );
    if (imageShape.length !== 3 || !imageShape.every((size) => Number.isInteger(size) && size >= 1)) {
      throw new DataError(
        `Images can't be of the shape [${imageShape.join(', ')}].`,
        'Give height, width and channels: [32, 32, 3].',
      );
    }
    const length = lengthOf(imageShape);
    if (images.length !== labels.length * length) {
      throw new DataError(
        `${images.length} bytes of pixels don't fit ${labels.length} labels: an image has ${length} bytes (${imageShape.join('×')}).`,
        'Give exactly one label for each image, and pixels of that shape.',
      );
    }
    if (classNames.length > MOST_CLASSES) {
      throw new DataError(
        `${classNames.length} classes are too many: a label is a byte, which tells ${MOST_CLASSES} apart.`,
        'Leave classes out, or join some.',
      );
    }
    const wrong = labels.findIndex((label) => label >= classNames.length);
    if (wrong >= 0) {
      throw new DataError(
        `Label ${labels[wrong]} of image ${wrong} is out of range: there are ${classNames.length} classes.`,
        'Check that the labels belong to these classes and count from 0.',
      );
    }
    this.images = images;
    this.labels = labels;
    this.classNames = classNames;
    this.imageShape = imageShape;
  }

  /** The number of images. */
  get length(): number {
    return this.labels.length;
  }

  /**
   * One image's pixels, as a view, not a copy. // [height, width, channels]
   *
   * @throws ConfigError when there is no image of that index.
   */
  image(index: number): Uint8Array {
    this.#checkIndex(index);
    const length = lengthOf(this.imageShape);
    return this.images.subarray(index * length, (index + 1) * length);
  }

  /**
   * Selects images: the first so many (sharing memory), or those of the given indices, in that order
   * (copied).
   *
   * @throws ConfigError when there are fewer images, or none of an index; DataError when none is selected.
   */
  subset(selection: number | ArrayLike<number>): Dataset {
    const length = lengthOf(this.imageShape);
    if (typeof selection === 'number') {
      if (!Number.isInteger(selection) || selection < 1 || selection > this.length) {
        throw new ConfigError(
          `The first ${selection} of ${this.length} images can't be selected.`,
          `Give an integer of 1 to ${this.length}, or an array of indices.`,
        );
      }
      return new Dataset(
        this.images.subarray(0, selection * length),
        this.labels.subarray(0, selection),
        this.classNames,
        this.imageShape,
      );
    }
    const images = new Uint8Array(selection.length * length); // [n, height, width, channels]
    const labels = new Uint8Array(selection.length); // [n]
    for (let i = 0; i < selection.length; i++) {
      images.set(this.image(selection[i]), i * length);
      labels[i] = this.labels[selection[i]];
    }
    return new Dataset(images, labels, this.classNames, this.imageShape);
  }

  /**
   * Splits at random into two data sets that share no image, like PyTorch's `random_split`.
   *
   * @param fraction the first one's share of the images, between 0 and 1.
   * @param seed the same seed gives the same split.
   * @throws ConfigError when a part would be empty, or the seed isn't an integer of 0 to 2^32 - 1.
   */
  split(fraction: number, seed: number): [Dataset, Dataset] {
    const first = Math.round(fraction * this.length);
    if (!(first >= 1 && first < this.length)) {
      throw new ConfigError(
        `${this.length} images can't be split at a fraction of ${fraction}: one part would be empty.`,
        'Give a fraction between 0 and 1 that leaves an image on both sides.',
      );
    }
    const order = Random.fromSeed(seed).permutation(this.length); // [n]
    return [this.subset(order.subarray(0, first)), this.subset(order.subarray(first))];
  }

  /** The number of images of each class. // [classNames.length] */
  classCounts(): number[] {
    const counts = new Array<number>(this.classNames.length).fill(0);
    for (const label of this.labels) counts[label]++;
    return counts;
  }

  #checkIndex(index: number): void {
    if (!Number.isInteger(index) || index < 0 || index >= this.length) {
      throw new ConfigError(`There is no image ${index}.`, `Give an index of 0 to ${this.length - 1}.`);
    }
  }
}

function datasetText(dataset: Dataset): string {
  const { length, classNames, imageShape } = dataset;
  const counts = dataset.classCounts();
  const rows = classNames.map((name, i) => [name, count(counts[i])]);
  return [
    `Dataset of ${count(length)} images of ${imageShape.join('×')} in ${classNames.length} classes`,
    ...tableLines(['Class', 'Images'], rows),
  ].join('\n');
}

/** The two parts of a data set: the images to train on, and those that only the test looks at. */
export interface TrainAndTest {
  readonly train: Dataset;
  readonly test: Dataset;
}
