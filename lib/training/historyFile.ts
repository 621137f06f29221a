/**
 * The record of a training run as a file, beside the network it made.
 */
import { join } from 'node:path';
import { checkForm, type Form, filePath } from '../checks';
import { ModelError } from '../errors';
import { readRegularFile } from '../files';
import type { EpochRecord } from './history';

/** What history.json holds. */
export interface HistoryFile {
  /** The network's architecture, or its name where that isn't known. */
  network: string;
  /** Epochs trained. */
  epochs: number;
  /** After the last epoch, 0..1. */
  testAccuracy: number;
  /** The best of all epochs, 0..1. */
  bestTestAccuracy: number;
  /** Wall clock of all epochs, testing included. */
  seconds: number;
  /** The processor it ran on. */
  device: string;
  /** Oldest first. */
  records: readonly EpochRecord[];
}

/**
 * Reads the record of the training run that saved a network.
 *
 * @param folder the network's folder, `savePath` of `train`; a `file:` address is taken too
 * @throws ModelError where it has no history.json, or one that isn't such a record
 */
export async function readHistory(folder: string | URL): Promise<HistoryFile> {
  const file = join(filePath(folder, ModelError), 'history.json');
  const text = await readRegularFile(file).catch((cause) => {
    throw new ModelError(
      `There is no history at ${file}.`,
      'Give the savePath of a run of train, which writes it after each epoch.',
      { cause },
    );
  });
  let read: unknown;
  try {
    read = JSON.parse(text.toString());
  } catch (cause) {
    throw new ModelError(`${file} isn't JSON.`, 'Train again, or restore the file.', { cause });
  }
  return checkForm(file, read as HistoryFile, FORM, 'Give the savePath of a run of train.', ModelError);
}

const FORM: Form = {
  network: 'string',
  epochs: 'number',
  testAccuracy: 'number',
  bestTestAccuracy: 'number',
  seconds: 'number',
  device: 'string',
  records: [{ epoch: 'number', trainLoss: 'number', testLoss: 'number', testAccuracy: 'number' }],
};
