/**
 * Checkpoints: all that a training run needs to go on as if it had never stopped.
 *
 * They lie in the folder that the network is saved to, one folder an epoch: `checkpoints/epoch_0007`.
 */
import { join } from 'node:path';
import { ModelError } from '../errors';
import { foldersIn, readFolder, removeFolder, removePartial, writeFolder } from './checkpointFiles';
import type { EpochRecord } from './history';
import { type RunParts, restoreRun, runFiles } from './runState';

/** What a run goes on from. */
export interface Resumed {
  /** The folder of the checkpoint. */
  path: string;
  records: readonly EpochRecord[];
}

const folderOf = (savePath: string) => join(savePath, 'checkpoints');
const nameOf = (epoch: number) => `epoch_${String(epoch).padStart(4, '0')}`;
const epochOf = (name: string) => Number(/^epoch_(\d+)$/.exec(name)?.[1] ?? Number.NaN);

/** Names of the checkpoints in a folder, the newest first. */
async function namesIn(folder: string): Promise<string[]> {
  const names = (await foldersIn(folder)).filter((name) => epochOf(name) > 0);
  return names.sort((a, b) => epochOf(b) - epochOf(a));
}

/** The folders of a run's checkpoints, the newest first. */
export async function checkpointsIn(savePath: string): Promise<string[]> {
  const folder = folderOf(savePath);
  return (await namesIn(folder)).map((name) => join(folder, name));
}

/**
 * Saves a checkpoint after an epoch, and removes those that are no longer needed: all but the newest ones and the best.
 *
 * @param records of all epochs so far
 * @param keep how many of the newest are kept
 * @throws ModelError where it can't be written; the checkpoints before it stand
 */
export async function saveCheckpoint(
  savePath: string,
  parts: RunParts,
  records: readonly EpochRecord[],
  keep: number,
): Promise<void> {
  const folder = folderOf(savePath);
  try {
    await removePartial(folder);
    await writeFolder(join(folder, nameOf(records.length)), runFiles(parts, records));
    for (const name of await outdated(folder, records, keep)) await removeFolder(join(folder, name));
  } catch (cause) {
    throw new ModelError(
      `A checkpoint can't be saved to ${folder}: ${(cause as Error).message}.`,
      'Give a savePath that may be written, on a disk with room; `resume: true` goes on from the checkpoint before.',
      { cause },
    );
  }
}

/** The checkpoints that are neither among the newest nor the one of the best test accuracy. */
async function outdated(folder: string, records: readonly EpochRecord[], keep: number): Promise<string[]> {
  const newestFirst = await namesIn(folder);
  const accuracyOf = (name: string) => records[epochOf(name) - 1].testAccuracy;
  const best = newestFirst.reduce((a, b) => (accuracyOf(b) > accuracyOf(a) ? b : a));
  return newestFirst.slice(keep).filter((name) => name !== best);
}

/**
 * Brings a run to where it was at its newest checkpoint.
 *
 * @param savePath the folder that the network is saved to
 * @returns undefined where there is no checkpoint, and nothing was changed
 * @throws ModelError where the checkpoint is damaged, naming the newest that isn't, or is of another run; nothing was changed then
 */
export async function resumeFrom(savePath: string, parts: RunParts): Promise<Resumed | undefined> {
  const [newest, ...older] = await checkpointsIn(savePath);
  if (newest === undefined) return undefined;
  const files = await readFolder(newest).catch(async (cause: ModelError) => {
    const good = await firstGood(older);
    throw new ModelError(
      cause.message.split('\n')[0],
      good
        ? `Remove that folder to go on from ${good}, the newest that is whole.`
        : 'Remove that folder, and start anew.',
      { cause },
    );
  });
  return { path: newest, records: restoreRun(parts, files, newest) };
}

/** The first of several checkpoints that is whole. */
async function firstGood(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) {
    const isWhole = await readFolder(path).then(
      () => true,
      () => false,
    );
    if (isWhole) return path;
  }
  return undefined;
}
