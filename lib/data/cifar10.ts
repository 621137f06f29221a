/**
 * CIFAR-10 as two data sets, fetched where it isn't there yet.
 */
import { join, resolve } from 'node:path';
import { inTurn } from '../files';
import { readBatches } from './binary';
import type { TrainAndTest } from './dataset';
import { findCifar10, notCifar10, TEST_FILE, TRAIN_FILES } from './download/cifar10Files';
import type { Cifar10Progress } from './download/cifar10Source';
import { installCifar10 } from './download/installCifar10';
import { packageDataFolder, projectDataFolder } from './folders';

/** Where CIFAR-10 is, and whether it may be fetched. */
export interface Cifar10Options {
  /**
   * The folder that has, or is to have, `cifar-10-batches-bin` in it, or that folder itself. Without it, the
   * environment variable CIFAR10_DIR says, and else it is the project's `data`.
   */
  root?: string;
  /**
   * Download what isn't there. By default only into the project's `data`: a folder that was named is expected
   * to have it.
   */
  download?: boolean;
  /** Told how far the download is; never called when the files are there. */
  onProgress?: (progress: Cifar10Progress) => void;
}

/**
 * Loads CIFAR-10 into memory (184 MB), downloading it (about 150 MB) where it isn't there yet. Every file's
 * md5 is checked.
 *
 * Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
 *
 * @param options `sample: true` loads 400 + 200 real images that ship with this library instead, for tests
 * and quick trials.
 * @throws DataError when the folder doesn't have it, a file isn't what it should be, or no source gives it.
 */
export async function loadCifar10({
  sample = false,
  ...options
}: Cifar10Options & { sample?: boolean } = {}): Promise<TrainAndTest> {
  if (sample) {
    const folder = join(packageDataFolder(), 'sample');
    return {
      train: await readBatches([join(folder, 'train.bin')]),
      test: await readBatches([join(folder, 'test.bin')]),
    };
  }
  const folder = await ensureCifar10(options);
  return {
    train: await readBatches(
      TRAIN_FILES.map(({ name }) => join(folder, name)),
      TRAIN_FILES.map(({ md5 }) => md5),
    ),
    test: await readBatches([join(folder, TEST_FILE.name)], [TEST_FILE.md5]),
  };
}

/**
 * Sees to it that CIFAR-10 is on the disk, without loading it. Files that are there are known by name and
 * size; `loadCifar10` checks their hashes.
 *
 * @returns the folder with the batch files.
 * @throws DataError as `loadCifar10`.
 */
export async function ensureCifar10({ root, download, onProgress }: Cifar10Options = {}): Promise<string> {
  const named = root ?? (process.env.CIFAR10_DIR || undefined);
  const folder = resolve(named ?? projectDataFolder());
  const found = await findCifar10(folder);
  if (found !== undefined) return found;
  if (download ?? named === undefined) {
    // Of two calls at once the second finds what the first has fetched.
    return inTurn(folder, async () => (await findCifar10(folder)) ?? installCifar10(folder, onProgress));
  }
  throw await notCifar10(folder);
}
