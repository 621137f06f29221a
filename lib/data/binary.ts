/**
 * The binary layout of CIFAR-10 and CIFAR-100: records of a label byte, or two, and 3,072 pixel bytes, the 1,024 of a channel together,
 * row by row (https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version").
 */

import { DataError } from '../errors';
import { readRegularFile, writeWhole } from '../files';
import { CLASS_NAMES } from './classNames';
import { CIFAR_SHAPE, Dataset, lengthOf } from './dataset';
import { md5 } from './download/checksum';

const IMAGE_LENGTH = lengthOf(CIFAR_SHAPE);
/** Bytes of one record of CIFAR-10: the label, then red, green and blue. */
export const RECORD_LENGTH: number = 1 + IMAGE_LENGTH;

/** What a record is made of. */
export interface RecordLayout {
  /** Bytes of a record. */
  readonly length: number;
  /** Which of its first bytes is the label. */
  readonly label: number;
}

const CIFAR10_RECORD: RecordLayout = { length: RECORD_LENGTH, label: 0 };
/** CIFAR-100's: the coarse label, the fine one, the pixels. */
export const CIFAR100_RECORD: RecordLayout = { length: 2 + IMAGE_LENGTH, label: 1 };
const CHANNEL_LENGTH = IMAGE_LENGTH / 3;

/**
 * Reads batch files of CIFAR-10 into one data set, in their order.
 *
 * @param paths files of whole records.
 * @param md5s the md5 that each file must have; without it the bytes are taken as they are.
 * @throws DataError when a file can't be read, has no whole number of records, has another md5, or holds a
 * label above 9.
 */
export function readBatches(paths: readonly string[], md5s?: readonly string[]): Promise<Dataset> {
  return readRecords(paths, CIFAR10_RECORD, CLASS_NAMES, md5s);
}

/** The same of files of another layout and other classes. */
export async function readRecords(
  paths: readonly string[],
  layout: RecordLayout,
  classNames: readonly string[],
  md5s?: readonly string[],
): Promise<Dataset> {
  const batches: Uint8Array[] = [];
  for (const [i, path] of paths.entries()) batches.push(await readBatch(path, layout.length, md5s?.[i]));

  const records = batches.reduce((total, bytes) => total + bytes.length / layout.length, 0);
  const images = new Uint8Array(records * IMAGE_LENGTH); // [n, 32, 32, 3]
  const labels = new Uint8Array(records); // [n]
  let record = 0;
  for (const bytes of batches) {
    for (let from = 0; from < bytes.length; from += layout.length, record++) {
      const end = from + layout.length;
      labels[record] = bytes[from + layout.label];
      interleave(bytes.subarray(end - IMAGE_LENGTH, end), images, record * IMAGE_LENGTH);
    }
  }
  return new Dataset(images, labels, classNames);
}

/**
 * Writes a data set as one batch file. The file is there whole or not at all.
 */
export async function writeBatch(path: string, { images, labels, length }: Dataset): Promise<void> {
  const bytes = new Uint8Array(length * RECORD_LENGTH); // [n, 1 + 3·32·32]
  for (let record = 0; record < length; record++) {
    const to = record * RECORD_LENGTH;
    bytes[to] = labels[record];
    separate(images, record * IMAGE_LENGTH, bytes.subarray(to + 1, to + RECORD_LENGTH));
  }
  await writeWhole(path, bytes);
}

async function readBatch(path: string, record: number, expected: string | undefined): Promise<Uint8Array> {
  let bytes: Uint8Array;
  try {
    bytes = await readRegularFile(path);
  } catch (cause) {
    throw new DataError(
      `${path} can't be read: ${(cause as Error).message}.`,
      'Check that the file is there and may be read.',
      { cause },
    );
  }
  if (bytes.length === 0 || bytes.length % record !== 0) {
    throw new DataError(
      `${path} has ${bytes.length} bytes, which is no whole number of records of ${record} bytes.`,
      'Check that it is a batch of the binary version, and whole.',
    );
  }
  if (expected !== undefined && md5(bytes) !== expected) {
    throw new DataError(
      `${path} isn't what it should be: its md5 is ${md5(bytes)}, not ${expected}.`,
      'Delete the folder it is in and load CIFAR-10 again, or put an unaltered copy there.',
    );
  }
  return bytes;
}

/** From a channel after the other to three channels a pixel. */
function interleave(planes: Uint8Array, images: Uint8Array, at: number): void {
  for (let pixel = 0, to = at; pixel < CHANNEL_LENGTH; pixel++, to += 3) {
    images[to] = planes[pixel];
    images[to + 1] = planes[CHANNEL_LENGTH + pixel];
    images[to + 2] = planes[2 * CHANNEL_LENGTH + pixel];
  }
}

/** From three channels a pixel to a channel after the other. */
function separate(images: Uint8Array, at: number, planes: Uint8Array): void {
  for (let pixel = 0, from = at; pixel < CHANNEL_LENGTH; pixel++, from += 3) {
    planes[pixel] = images[from];
    planes[CHANNEL_LENGTH + pixel] = images[from + 1];
    planes[2 * CHANNEL_LENGTH + pixel] = images[from + 2];
  }
}
