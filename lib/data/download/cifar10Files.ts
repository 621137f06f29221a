/**
 * The files of CIFAR-10's binary version: their names, sizes and hashes, and where they may lie.
 */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DataError } from '../../errors';
import { fileSize } from '../../files';
import { RECORD_LENGTH } from '../binary';

/** The folder that the official archive unpacks to. */
export const CIFAR10_FOLDER = 'cifar-10-batches-bin';
/** Images in a batch file, a record each. */
export const BATCH_IMAGES = 10_000;
/** Bytes of a batch file. */
export const BATCH_BYTES: number = BATCH_IMAGES * RECORD_LENGTH;

/** A batch file of CIFAR-10. */
export interface BatchFile {
  readonly name: string;
  readonly md5: string;
}

/** The five batches of 10,000 training images. */
export const TRAIN_FILES: readonly BatchFile[] = [
  { name: 'data_batch_1.bin', md5: '5dd7e06a14cb22eb9f671a540d1b7c25' },
  { name: 'data_batch_2.bin', md5: '5ea93a67294ea407fff1d09f752e9692' },
  { name: 'data_batch_3.bin', md5: '942cd6a4bcdd0dd3c604fbe906cb4421' },
  { name: 'data_batch_4.bin', md5: 'ae636b3ba5c66a11e91e8cb52e771fcb' },
  { name: 'data_batch_5.bin', md5: '53f37980c15c3d472c316c40844f3f0d' },
];
/** The batch of 10,000 test images. */
export const TEST_FILE: BatchFile = { name: 'test_batch.bin', md5: '803d5f7f4d78ea53de84dbe85f74fb6d' };
/** All six. */
export const BATCH_FILES: readonly BatchFile[] = [...TRAIN_FILES, TEST_FILE];

/**
 * Finds CIFAR-10 in a folder: the folder itself or the `cifar-10-batches-bin` in it. Looks at names and
 * sizes, not at hashes.
 *
 * @returns the folder with the batch files; undefined when neither of the two has any of them.
 * @throws DataError when only some are there, or one has another size.
 */
export async function findCifar10(root: string): Promise<string | undefined> {
  for (const folder of [root, join(root, CIFAR10_FOLDER)]) {
    const sizes = await Promise.all(BATCH_FILES.map(({ name }) => fileSize(join(folder, name))));
    if (sizes.every((size) => size === undefined)) continue;
    const faults = BATCH_FILES.map(({ name }, i) => fault(name, sizes[i])).filter(
      (text) => text !== undefined,
    );
    if (faults.length === 0) return folder;
    throw new DataError(
      `CIFAR-10 in ${folder} isn't whole: ${faults.join(', ')}.`,
      'Delete the folder, and load CIFAR-10 again; or put the missing files there.',
    );
  }
  return undefined;
}

/** Says that a folder isn't CIFAR-10, what was looked for and what is there. */
export async function notCifar10(root: string): Promise<DataError> {
  const names = await readdir(root).catch(() => undefined);
  const listed = names?.slice(0, 8).join(', ');
  const found =
    names === undefined
      ? 'there is no such folder'
      : names.length === 0
        ? 'the folder is empty'
        : `found ${listed}${names.length > 8 ? ` and ${names.length - 8} more` : ''}`;
  return new DataError(
    `CIFAR-10 isn't in ${root}: looked for ${TRAIN_FILES[0].name} to ${TRAIN_FILES.at(-1)?.name} and ${TEST_FILE.name} there and in ${CIFAR10_FOLDER}/ under it; ${found}.`,
    `Name the folder ${CIFAR10_FOLDER} of the binary version (not the Python or Matlab one) or the folder above it, or let it be downloaded.`,
  );
}

function fault(name: string, size: number | undefined): string | undefined {
  if (size === undefined) return `${name} is missing`;
  return size === BATCH_BYTES ? undefined : `${name} has ${size} bytes, not ${BATCH_BYTES}`;
}
