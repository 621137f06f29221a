/**
 * What a checkpoint says of a run, beside the numbers of weights and velocities: written as JSON, and looked at before anything
 * of it is believed.
 */
import type { DataLoader } from '../../data/dataLoader';
import type { TensorFlow } from '../../engine/runtime/tensorflow';
import { ModelError } from '../../errors';
import { isNetworkInfo, type NetworkInfo, networkInfo } from '../../models/networkInfo';
import { packageVersion } from '../../ownPackage';
import type { Callback } from '../callbacks/callback';
import { difference } from '../fit';
import type { EpochRecord } from '../history';
import type { WeightAverage } from '../optimizer/averaging';
import type { Optimizer, OptimizerState } from '../optimizer/optimizer';
import type { Scheduler } from '../schedule/scheduler';
import { parameters } from '../step/gradients';
import type { LossScale, LossScaleState } from '../step/lossScale';
import { type EpochProgress, startOfEpoch } from '../trainEpoch';
import { damaged } from './files';
import type { RunSettings } from './runSettings';

/** The version of what is written here. What has come since may be missing. */
const FORMAT = 3;

/** What a run consists of. */
export interface RunParts {
  net: TensorFlow.LayersModel;
  optimizer: Optimizer;
  scheduler?: Scheduler;
  lossScale?: LossScale;
  average?: WeightAverage;
  callbacks?: readonly Callback[];
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
  /** The run's optimizer, and those that it has for some of the parameters. */
  optimizers: SavedOptimizer[];
  /** The scheduler's name. */
  schedule?: string;
  scheduler?: object;
  lossScale?: LossScaleState;
  average?: { count: number };
  /** What the callbacks have come to, by name. */
  callbacks?: SavedCallback[];
  /** Epochs that were drawn from the loaders. */
  loaderEpochs: { train: number; test: number };
  /** The class names and the normalization of the loaders. */
  info?: Pick<NetworkInfo, 'classNames' | 'normalization'>;
  settings?: RunSettings;
}

/** What a checkpoint says of an optimizer. */
export interface SavedOptimizer {
  /** As `Optimizer.shares` names it. */
  name: string;
  /** Its class. */
  kind: string;
  state: OptimizerState;
  /** The names of what it keeps for its parameters. */
  kept: string[];
}

/** What a checkpoint says of a callback. */
export interface SavedCallback {
  name: string;
  values: Record<string, unknown>;
  /** The lengths of its arrays, which are in a file. */
  lengths: number[];
}

/** Where every run begins. */
export const START: Position = { records: [], rateFactor: 1 };

/** Describes a run as it is now. */
export function describe(parts: RunParts, position: Position): Description {
  const { net, optimizer, scheduler, lossScale, average, callbacks = [] } = parts;
  const { trainLoader, testLoader, settings } = parts;
  return {
    format: FORMAT,
    library: packageVersion(),
    architecture: networkInfo(net).architecture,
    weights: net.weights.map(({ shape, trainable }) => ({ shape: shape as number[], trainable })),
    optimizers: optimizer.shares(parameters(net)).map(({ name, optimizer: own, params }) => ({
      name,
      kind: own.constructor.name,
      state: own.stateDict(),
      kept: own.stateNames(params),
    })),
    schedule: scheduler?.constructor.name,
    scheduler: scheduler?.stateDict(),
    lossScale: lossScale?.stateDict(),
    average: average?.stateDict(),
    callbacks: callbacks.flatMap((callback) => {
      const { name } = callback;
      const state = callback.stateDict?.();
      const lengths = (state?.arrays ?? []).map(({ length }) => length);
      return state ? [{ name, values: state.values, lengths }] : [];
    }),
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
  const description = upgraded(parse(bytes, path));
  if (description.format !== FORMAT) {
    throw new ModelError(
      `The checkpoint ${path} is of format ${JSON.stringify(description.format) ?? 'none'}, written by version ${description.library ?? 'none'} of this library.`,
      `Use that version to go on, or start again; this one, ${packageVersion()}, reads format ${FORMAT}.`,
    );
  }
  // A run may go over to float16, whose scale then starts again.
  // It may begin to average at any time.
  const lossScale = description.lossScale && parts.lossScale;
  const average = description.average && parts.average;
  const now = describe({ ...parts, lossScale, average }, START);
  checkSameRun(description, now, path);
  checkSameInfo(description.info, parts.trainLoader, path);
  description.optimizers?.forEach(({ state, kept }, i) => {
    const isWhole = isStateLike(state, now.optimizers[i].state) && areTexts(kept);
    if (!isWhole) throw damaged(path, "its optimizer isn't what one keeps");
  });
  for (const part of ['scheduler', 'lossScale', 'average', 'loaderEpochs'] as const) {
    if (!isStateLike(description[part], now[part])) throw damaged(path, `its ${part} isn't what one keeps`);
  }
  const { records, progress, rateFactor, callbacks = [] } = description;
  if (!Array.isArray(callbacks) || !callbacks.every(isSavedCallback)) {
    throw damaged(path, "its callbacks aren't what one keeps");
  }
  if (!areRecords(records, epochs)) throw damaged(path, `its records aren't those of ${epochs} epochs`);
  if (!isStateLike({ ...progress, rateFactor }, { ...(progress && startOfEpoch(0)), rateFactor: 1 })) {
    throw damaged(path, "its progress isn't what one keeps");
  }
  return description as Description;
}

/** What format 2 said, whose only optimizer was SGD, as format 3 says it. */
function upgraded(description: Partial<Description> & { optimizer?: OptimizerState }): Partial<Description> {
  const { format, optimizer, ...rest } = description;
  if (Number(format) !== 2) return description;
  const state = { ...optimizer, steps: 0 } as OptimizerState;
  return { ...rest, format: FORMAT, optimizers: [{ name: '', kind: 'SGD', state, kept: ['velocity'] }] };
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
  const kinds = ({ optimizers }: Partial<Description>) =>
    Array.isArray(optimizers) ? optimizers.map((optimizer) => optimizer?.kind).join(' and ') : 'none';
  const known = description.architecture && now.architecture;
  const differs =
    (known &&
      description.architecture !== now.architecture && [description.architecture, now.architecture]) ||
    (weights(description) !== weights(now) && ['other weights, or others to train', 'its own']) ||
    (kinds(description) !== kinds(now) && [`the optimizer ${kinds(description)}`, kinds(now)]) ||
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

function areTexts(list: unknown): list is string[] {
  return Array.isArray(list) && list.every((text) => typeof text === 'string');
}

function isSavedCallback(saved: unknown): saved is SavedCallback {
  const { name, values, lengths } = Object(saved) as Partial<SavedCallback>;
  const areLengths = Array.isArray(lengths) && lengths.every((n) => Number.isInteger(n) && n >= 0);
  return typeof name === 'string' && typeof values === 'object' && values !== null && areLengths;
}

function areRecords(records: unknown, epochs: number): records is EpochRecord[] {
  return (
    Array.isArray(records) &&
    records.length === epochs &&
    records.every((record, i) => record?.epoch === i + 1 && Number.isFinite(record.testAccuracy))
  );
}
