/**
 * Checkpoints: all that a training run needs to go on as if it had never stopped.
 *
 * They lie in the folder that the network is saved to, one folder each: `checkpoints/epoch_0007` after seven epochs,
 * `checkpoints/epoch_0007_batch_00120` so far in the eighth.
 */
import { join } from 'node:path';
import { ModelError } from '../../errors';
import type { EpochRecord } from '../history';
import { foldersIn, readFolder, removeFolder, removePartial, writeFolder } from './files';
import type { Position, RunParts } from './runDescription';
import { type Restored, restoreRun, runFiles } from './runState';

/** What a run goes on from. */
export interface Resumed extends Restored {
  /** The folder of the checkpoint. */
  path: string;
}

/** A checkpoint in its folder: the epochs that are behind it, and the batches of the next one. */
interface Place {
  name: string;
  epochs: number;
  batches: number;
}

const folderOf = (savePath: string) => join(savePath, 'checkpoints');

function nameOf({ records, progress }: Position): string {
  const epoch = `epoch_${String(records.length).padStart(4, '0')}`;
  return progress ? `${epoch}_batch_${String(progress.batch).padStart(5, '0')}` : epoch;
}

/** The checkpoints in a folder, the newest first. */
async function placesIn(folder: string): Promise<Place[]> {
  const places = (await foldersIn(folder)).flatMap((name): Place[] => {
    const [, epochs, batches = 0] = /^epoch_(\d+)(?:_batch_(\d+))?$/.exec(name) ?? [];
    return epochs === undefined ? [] : [{ name, epochs: Number(epochs), batches: Number(batches) }];
  });
  return places.sort((a, b) => b.epochs - a.epochs || b.batches - a.batches);
}

/** The folders of a run's checkpoints, the newest first. */
export async function checkpointsIn(savePath: string): Promise<string[]> {
  const folder = folderOf(savePath);
  return (await placesIn(folder)).map(({ name }) => join(folder, name));
}

/**
 * Saves a checkpoint, and removes those that are no longer needed: all but the newest ones and the best.
 *
 * @param keep how many of the newest are kept
 * @returns the folder of the checkpoint
 * @throws ModelError where it can't be written; the checkpoints before it stand
 */
export async function saveCheckpoint(
  savePath: string,
  parts: RunParts,
  position: Position,
  keep: number,
): Promise<string> {
  const folder = folderOf(savePath);
  const path = join(folder, nameOf(position));
  try {
    await removePartial(folder);
    await writeFolder(path, runFiles(parts, position));
    for (const { name } of await outdated(folder, position.records, keep))
      await removeFolder(join(folder, name));
    return path;
  } catch (cause) {
    throw new ModelError(
      `A checkpoint can't be saved to ${folder}: ${(cause as Error).message}.`,
      'Give a savePath that may be written, on a disk with free space; `resume: true` goes on from the checkpoint before.',
      { cause },
    );
  }
}

/** The checkpoints that are neither among the newest nor the one of the best test accuracy. */
async function outdated(folder: string, records: readonly EpochRecord[], keep: number): Promise<Place[]> {
  const newestFirst = await placesIn(folder);
  const accuracyOf = ({ epochs, batches }: Place) =>
    batches === 0 && epochs > 0 ? records[epochs - 1].testAccuracy : Number.NEGATIVE_INFINITY;
  const best = newestFirst.reduce((a, b) => (accuracyOf(b) > accuracyOf(a) ? b : a));
  return newestFirst.slice(keep).filter((place) => place !== best);
}

/**
 * Brings a run to where it was at its newest checkpoint.
 *
 * @param savePath the folder that the network is saved to
 * @returns undefined where there is no checkpoint, and nothing was changed
 * @throws ModelError where the checkpoint is damaged, naming the newest that isn't, is of another run, or can't go on with other settings; nothing was changed then
 */
export async function resumeFrom(savePath: string, parts: RunParts): Promise<Resumed | undefined> {
  const folder = folderOf(savePath);
  const [newest, ...older] = await placesIn(folder);
  if (newest === undefined) return undefined;
  const path = join(folder, newest.name);
  const files = await readFolder(path).catch(async (cause: ModelError) => {
    const good = await firstGood(older.map(({ name }) => join(folder, name)));
    throw new ModelError(
      cause.problem,
      good
        ? `Remove that folder to go on from ${good}, the newest that is whole.`
        : 'Remove that folder, and start again.',
      { cause },
    );
  });
  return { path, ...restoreRun(parts, files, path, newest.epochs) };
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
