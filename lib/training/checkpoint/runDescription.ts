/**
 * What a checkpoint says of a run, beside the numbers of weights and velocities: written as JSON, and looked at before anything
 * of it is believed.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataLoader } from '../../data/dataLoader';
import { packageDataFolder } from '../../data/folders';
import type { TensorFlow } from '../../engine/runtime/tensorflow';
import { ModelError } from '../../errors';
import { isNetworkInfo, type NetworkInfo, networkInfo } from '../../models/networkInfo';
import { difference } from '../fit';
import type { EpochRecord } from '../history';
import type { SGD, SGDState } from '../optimizer/sgd';
import type { Scheduler } from '../schedule/scheduler';
import type { LossScale, LossScaleState } from '../step/lossScale';
import { type EpochProgress, startOfEpoch } from '../trainEpoch';
import { damaged } from './files';
import type { RunSettings } from './runSettings';

/** The version of what is written here. What has come since, `info` and `settings`, may be missing. */
const FORMAT = 2;

/** What a run consists of. */
export interface RunParts {
  net: TensorFlow.LayersModel;
  optimizer: SGD;
  scheduler?: Scheduler;
  lossScale?: LossScale;
  trainLoader: DataLoader;
  testLoader: DataLoader;
  /** What the run was asked for. */
  settings?: RunSettings;
}

/** Where a run is. */
export interface Position {
  /** Of all epochs that are behind it. */
  records: readonly EpochRecord[];
  /** How far the next epoch is, where it has started. */
  progress?: EpochProgress;
  /** What learning rates are multiplied by: halved each time that the run goes back. */
  rateFactor: number;
}

/** What a checkpoint says. */
export interface Description extends Position {
  format: number;
  /** The version of this library. */
  library: string;
  /** Undefined for a network that isn't one of this library's. */
  architecture?: string;
  /** The network's weights, in their order. */
  weights: { shape: number[]; trainable: boolean }[];
  optimizer: SGDState;
  /** The scheduler's name. */
  schedule?: string;
  scheduler?: object;
  lossScale?: LossScaleState;
  /** Epochs that were drawn from the loaders. */
  loaderEpochs: { train: number; test: number };
  /** The class names and the normalization of the loaders. */
  info?: Pick<NetworkInfo, 'classNames' | 'normalization'>;
  settings?: RunSettings;
}

/** Where every run begins. */
export const START: Position = { records: [], rateFactor: 1 };

/** This package's version, by its package.json. */
function libraryVersion(): string {
  return JSON.parse(readFileSync(join(packageDataFolder(), '..', 'package.json'), 'utf8')).version;
}

/** Describes a run as it is now. */
export function describe(parts: RunParts, position: Position): Description {
  const { net, optimizer, scheduler, lossScale, trainLoader, testLoader, settings } = parts;
  return {
    format: FORMAT,
    library: libraryVersion(),
    architecture: networkInfo(net).architecture,
    weights: net.weights.map(({ shape, trainable }) => ({ shape: shape as number[], trainable })),
    optimizer: optimizer.stateDict(),
    schedule: scheduler?.constructor.name,
    scheduler: scheduler?.stateDict(),
    lossScale: lossScale?.stateDict(),
    // An epoch that has started is drawn again, and what is behind it left out.
    loaderEpochs: { train: trainLoader.epoch - (position.progress ? 1 : 0), test: testLoader.epoch },
    info: { classNames: trainLoader.dataset.classNames, normalization: trainLoader.normalize },
    settings,
    ...position,
  };
}

/**
 * Reads what a checkpoint says.
 *
 * @param bytes checkpoint.json, if it is there
 * @param path where it is, for errors
 * @param epochs that are behind it by its name
 * @throws ModelError where it is damaged, of another format or of another run
 */
export function readDescription(
  bytes: Buffer | undefined,
  parts: RunParts,
  path: string,
  epochs: number,
): Description {
  const description = parse(bytes, path);
  if (description.format !== FORMAT) {
    throw new ModelError(
      `The checkpoint ${path} is of format ${JSON.stringify(description.format) ?? 'none'}, written by version ${description.library ?? 'none'} of this library.`,
      `Use that version to go on, or start again; this one, ${libraryVersion()}, reads format ${FORMAT}.`,
    );
  }
  // A run may go over to float16, whose scale then starts again.
  const now = describe({ ...parts, lossScale: description.lossScale && parts.lossScale }, START);
  checkSameRun(description, now, path);
  checkSameInfo(description.info, parts.trainLoader, path);
  for (const part of ['optimizer', 'scheduler', 'lossScale', 'loaderEpochs'] as const) {
    if (!isStateLike(description[part], now[part])) throw damaged(path, `its ${part} isn't what one keeps`);
  }
  const { records, progress, rateFactor } = description;
  if (!areRecords(records, epochs)) throw damaged(path, `its records aren't those of ${epochs} epochs`);
  if (!isStateLike({ ...progress, rateFactor }, { ...(progress && startOfEpoch(0)), rateFactor: 1 })) {
    throw damaged(path, "its progress isn't what one keeps");
  }
  return description as Description;
}

function parse(bytes: Buffer | undefined, path: string): Partial<Description> {
  try {
    return Object(JSON.parse((bytes ?? '').toString()));
  } catch (cause) {
    throw damaged(path, "checkpoint.json isn't JSON", cause);
  }
}

/** Refuses what is of another network, or of a run with another schedule. */
function checkSameRun(description: Partial<Description>, now: Description, path: string): void {
  const weights = (of: Partial<Description>) => JSON.stringify(of.weights);
  const known = description.architecture && now.architecture;
  const differs =
    (known &&
      description.architecture !== now.architecture && [description.architecture, now.architecture]) ||
    (weights(description) !== weights(now) && ['other weights, or others to train', 'its own']) ||
    (description.schedule !== now.schedule && [
      description.schedule ?? 'no scheduler',
      now.schedule ?? 'none',
    ]);
  if (!differs) return;
  throw new ModelError(
    `The checkpoint ${path} is of another run: it has ${differs[0]}, this run ${differs[1]}.`,
    'Give the settings that it was saved with, or another savePath to start again.',
  );
}

/** Refuses what was trained with other class names or another normalization. */
function checkSameInfo(info: unknown, trainLoader: DataLoader, path: string): void {
  if (info === undefined) return;
  if (!isNetworkInfo(info)) throw damaged(path, "its info isn't what one keeps");
  const differs = difference(info, trainLoader);
  if (!differs) return;
  throw new ModelError(
    `The checkpoint ${path} is of a run with ${differs.network}; trainLoader has ${differs.now}.`,
    `Give the ${differs.what} of before, or another savePath to start over.`,
  );
}

/** Whether a state has the numbers that the one of now has; null is one that isn't known yet. */
function isStateLike(state: unknown, now: object = {}): boolean {
  return Object.entries(now).every(([key, value]) => {
    const saved = Object(state)[key];
    const isNumber = typeof value === 'number' || value === null;
    return !isNumber || Number.isFinite(saved) || (saved === null && value === null);
  });
}

function areRecords(records: unknown, epochs: number): records is EpochRecord[] {
  return (
    Array.isArray(records) &&
    records.length === epochs &&
    records.every((record, i) => record?.epoch === i + 1 && Number.isFinite(record.testAccuracy))
  );
}
