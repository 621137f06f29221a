/**
 * What a training run leaves on the disk: its network and history after each epoch, and checkpoints to go on from.
 */
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { checkPositiveInteger } from '../../checks';
import { device } from '../../engine/runtime/device';
import type { TensorFlow } from '../../engine/runtime/tensorflow';
import { ConfigError, ModelError } from '../../errors';
import { writeWhole } from '../../files';
import { saveModel } from '../../models/files/saveModel';
import { networkInfo } from '../../models/networkInfo';
import type { TrainListener } from '../events';
import type { EpochRecord } from '../history';
import type { HistoryFile } from '../historyFile';
import { checkpointsIn, resumeFrom, saveCheckpoint } from './checkpoint';
import { type Position, type RunParts, START } from './runDescription';
import { type Asked, inWords, settingsOf } from './runSettings';

/** Where a run is saved, and how often. */
export interface SaveOptions {
  /**
   * The folder that the network is saved to after each epoch, with history.json. Its folder `best` has the network after the epoch with the
   * highest accuracy on what the run is tested on, for `loadModel`; chosen by these images, it flatters on them. Without savePath nothing is
   * saved.
   */
  savePath?: string;
  /** Writes a checkpoint into savePath after every so many epochs, and after the last. Default: 1 with `resume`, else none. */
  saveEvery?: number;
  /** How many of the newest checkpoints are kept, in addition to that of the best test accuracy. Default 3. */
  keep?: number;
  /**
   * Goes on from the newest checkpoint in savePath, where there is one. With the settings and the seeds of the run that wrote it,
   * the run ends as if it had never stopped: on one CPU to the bit, if the network itself draws no random numbers, as dropout
   * does. Other settings are used from there on, and a message names them: a new learning rate, momentum or weight decay, other options of
   * the schedule, whose learning rate is then the one that it has after so many epochs, more epochs, other batches or images. What can't be
   * used is an error: other batches or images in the middle of an epoch, another class of schedule. A criterion of your own can't be
   * compared. Default false.
   */
  resume?: boolean;
}

/** The folder in savePath of the network after its best epoch. */
const BEST = 'best';

/** Saves a run, and brings it back. */
export class SavedRun {
  /** Whether checkpoints are written. */
  readonly keepsCheckpoints: boolean;
  private parts: RunParts;
  private readonly savePath?: string;
  private readonly saveEvery: number;
  private readonly keep: number;
  private readonly resume: boolean;

  /** @throws ConfigError for settings that make no sense */
  constructor(parts: RunParts, options: SaveOptions & Omit<Asked, 'trainLoader' | 'testLoader'>) {
    const { savePath, resume = false, saveEvery = resume ? 1 : undefined, keep = 3 } = options;
    if (saveEvery !== undefined) checkPositiveInteger('saveEvery', saveEvery);
    checkPositiveInteger('keep', keep);
    if (saveEvery !== undefined && savePath === undefined) {
      throw new ConfigError(
        'Checkpoints need a folder.',
        'Give savePath too, or leave saveEvery and resume out.',
      );
    }
    this.savePath = savePath;
    this.keepsCheckpoints = saveEvery !== undefined;
    this.parts = this.keepsCheckpoints ? { ...parts, settings: settingsOf({ ...options, ...parts }) } : parts;
    this.saveEvery = saveEvery ?? Number.POSITIVE_INFINITY;
    this.keep = keep;
    this.resume = resume;
  }

  /** Makes the folder, and brings the run to where it was, if that is asked for. */
  async begin(onProgress: TrainListener): Promise<Position> {
    if (this.savePath === undefined) return START;
    onProgress({ kind: 'message', text: await makeFolderFor(this.savePath) });
    if (!this.resume && this.keepsCheckpoints) await refuseOthers(this.savePath);
    return (this.resume && (await this.goBack(onProgress))) || START;
  }

  /** Saves the network after an epoch, once more as the best one if it is, and a checkpoint if one is due. */
  async keepEpoch(position: Position, isLast: boolean): Promise<void> {
    const accuracies = position.records.map(({ testAccuracy }) => testAccuracy);
    const isBest = accuracies.indexOf(Math.max(...accuracies)) === accuracies.length - 1;
    if (this.savePath !== undefined && isBest) await this.saveTested(join(this.savePath, BEST));
    const isDue = isLast || position.records.length % this.saveEvery === 0;
    await (isDue ? this.keepNow(position) : this.keepNetwork(position));
  }

  /**
   * Saves a run wherever it is.
   *
   * @returns the folder of its checkpoint, where checkpoints are kept
   */
  async keepNow(position: Position): Promise<string | undefined> {
    await this.keepNetwork(position);
    if (this.savePath === undefined || !this.keepsCheckpoints) return undefined;
    return saveCheckpoint(this.savePath, this.parts, position, this.keep);
  }

  /**
   * Brings the run to where it was at its newest checkpoint.
   *
   * @returns undefined where there is none
   */
  async goBack(onProgress: TrainListener): Promise<Position | undefined> {
    const resumed = await resumeFrom(this.savePath!, this.parts);
    if (!resumed) return undefined;
    const { path, position, changes, settings } = resumed;
    this.parts = { ...this.parts, settings };
    const place = [
      `epoch ${position.records.length}`,
      ...(position.progress ? [`and ${position.progress.batch} batches of the next`] : []),
    ].join(' ');
    const words = inWords(changes);
    const changed = words ? ` Changed since then: ${words}.` : '';
    onProgress({ kind: 'message', text: `Goes on after ${place}, from ${path}.${changed}` });
    return position;
  }

  /** Saves the network as it is tested: with the averages where the run has them. */
  private async saveTested(path: string): Promise<void> {
    const { net, average } = this.parts;
    await (average ? average.during(() => saveModel(net, path)) : saveModel(net, path));
  }

  private async keepNetwork({ records }: Position): Promise<void> {
    if (this.savePath === undefined) return;
    await this.saveTested(this.savePath);
    await writeHistory(this.savePath, this.parts.net, records);
  }
}

/** Refuses a place that has checkpoints of an earlier run: which of them would be the newest isn't told by their numbers. */
async function refuseOthers(savePath: string): Promise<void> {
  const [newest] = await checkpointsIn(savePath);
  if (newest === undefined) return;
  throw new ModelError(
    `An earlier run left checkpoints, ${newest} the newest.`,
    'Go on from it with `resume: true`, give another savePath, or remove that folder.',
  );
}

/** Makes the folder that a network's own folder is to be in, and says whether it was there. */
async function makeFolderFor(savePath: string): Promise<string> {
  const folder = dirname(savePath);
  const fix = 'Give a savePath that is free, or holds a network, in a folder that may be written.';
  const made = await mkdir(folder, { recursive: true }).catch((cause) => {
    throw new ModelError(`The folder ${folder} can't be made: ${cause.message}.`, fix, { cause });
  });
  const there = await stat(savePath).catch(() => undefined);
  if (there && !there.isDirectory()) throw new ModelError(`${savePath} is a file, not a folder.`, fix);
  return made === undefined ? `The folder ${folder} exists already.` : `Made the folder ${folder}.`;
}

/** Writes history.json into a network's folder. */
async function writeHistory(
  folder: string,
  net: TensorFlow.LayersModel,
  records: readonly EpochRecord[],
): Promise<void> {
  const accuracies = records.map(({ testAccuracy }) => testAccuracy);
  const file: HistoryFile = {
    network: networkInfo(net).architecture ?? net.name,
    epochs: records.length,
    testAccuracy: accuracies[accuracies.length - 1],
    bestTestAccuracy: Math.max(...accuracies),
    seconds: records.reduce((total, { seconds }) => total + seconds, 0),
    device: device().name,
    records,
  };
  await writeWhole(join(folder, 'history.json'), `${JSON.stringify(file, null, 2)}\n`);
}
