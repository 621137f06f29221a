/**
 * Data sets of IDX files, the format of MNIST: Fashion-MNIST, KMNIST and EMNIST have it too.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { checkForm } from '../checks';
import { DataError } from '../errors';
import { readRegularFile } from '../files';
import { Dataset, type ImageShape, type TrainAndTest } from './dataset';

/** What `loadIdx` takes. */
export interface IdxOptions {
  /** The name of each class. Default the labels themselves: `0` to `9`. */
  classNames?: readonly string[];
}

/** The most bytes that a packed file may unpack to: 2 GB. */
const MOST_BYTES = 2 ** 31;
/** The kind of its numbers that an IDX file names: bytes. */
const BYTES = 0x08;

/** Numbers and the size of each of their dimensions. */
interface Idx {
  sizes: number[];
  values: Uint8Array;
}

/** A file, unpacked where it is packed by gzip. */
async function bytesOf(path: string): Promise<Uint8Array> {
  try {
    const bytes = await readRegularFile(path);
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b;
    return isPacked ? await promisify(gunzip)(bytes, { maxOutputLength: MOST_BYTES }) : bytes;
  } catch (cause) {
    const problem = `${path} can't be read: ${(cause as Error).message}.`;
    throw new DataError(problem, 'Check that the file is there and whole.', { cause });
  }
}

/**
 * Reads an IDX file of bytes.
 *
 * @see LeCun, Cortes and Burges, "The MNIST database of handwritten digits", file formats
 */
async function readIdx(path: string): Promise<Idx> {
  const bytes = await bytesOf(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const dimensions = bytes[3];
  const header = 4 + 4 * dimensions;
  if (
    !(bytes[0] === 0 && bytes[1] === 0 && bytes[2] === BYTES && dimensions >= 1 && bytes.length >= header)
  ) {
    throw new DataError(
      `${path} is no IDX file of bytes.`,
      'Give files as MNIST has them, such as train-images-idx3-ubyte.gz.',
    );
  }
  const sizes = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const length = sizes.reduce((product, size) => product * size, 1);
  if (bytes.length !== header + length) {
    throw new DataError(
      `${path} has ${bytes.length - header} numbers behind its header, which says ${sizes.join('×')}.`,
      'Get the file again: it is broken.',
    );
  }
  return { sizes, values: bytes.subarray(header) };
}

/** The file of a folder whose name ends so, packed or not. */
function fileNamed(folder: string, names: readonly string[], part: string, what: string): string {
  const pattern = new RegExp(`(^|[-_])(${part})-${what}[-.]idx\\d-ubyte(\\.gz)?$`);
  const found = names.find((name) => pattern.test(name));
  if (found !== undefined) return join(folder, found);
  throw new DataError(
    `${folder} has no ${what} of the part ${part.replace('|', ' or ')} as IDX.`,
    'Name the folder that has train-images-idx3-ubyte, train-labels-idx1-ubyte and the two of t10k, with or without .gz.',
  );
}

/**
 * Loads a data set of four IDX files, for training and for testing, images and labels each: `train-images-idx3-ubyte`,
 * `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte`, `t10k-labels-idx1-ubyte`, packed by gzip or not.
 *
 * Gray images have one channel: normalize them by `channelStatistics` of the training images.
 *
 * @param folder that has the files
 * @throws DataError when a file is missing or broken, or images and labels don't fit
 */
export async function loadIdx(folder: string, options: IdxOptions = {}): Promise<TrainAndTest> {
  checkForm('folder', folder, 'string', 'Give the path of a folder.', DataError);
  checkForm(
    'options',
    options,
    { 'classNames?': ['string'] },
    "Give for example { classNames: ['T-shirt', 'trouser'] }.",
  );
  const names = await readdir(folder).catch((cause: Error) => {
    throw new DataError(`${folder} can't be read: ${cause.message}.`, 'Name a folder that has IDX files.', {
      cause,
    });
  });
  const [train, test] = await Promise.all(
    ['train', 't10k|test'].map(async (part) => {
      const paths = ['images', 'labels'].map((what) => fileNamed(folder, names, part, what));
      const [images, labels] = await Promise.all(paths.map(readIdx));
      const { sizes } = images;
      if (sizes.length < 3 || sizes.length > 4 || labels.sizes.length !== 1) {
        throw new DataError(
          `${paths[0]} has ${sizes.join('×')} numbers and ${paths[1]} ${labels.sizes.join('×')}: these are no images with their labels.`,
          'Give images of [n, height, width], or with channels behind, and labels of [n].',
        );
      }
      return { images, labels };
    }),
  );
  const most = [train, test].reduce(
    (max, { labels }) => labels.values.reduce((a, b) => Math.max(a, b), max),
    0,
  );
  const { classNames = Array.from({ length: most + 1 }, (_, label) => String(label)) } = options;
  const dataset = ({ images, labels }: typeof train) => {
    const [, height, width, channels = 1] = images.sizes;
    const shape: ImageShape = [height, width, channels];
    return new Dataset(images.values, labels.values, classNames, shape);
  };
  return { train: dataset(train), test: dataset(test) };
}
