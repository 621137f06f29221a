/**
 * All that changes in a training run, as the files of a checkpoint, and back.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataLoader } from '../data/dataLoader';
import { packageDataFolder } from '../data/folders';
import { type TensorFlow, tf } from '../engine/tensorflow';
import { ModelError } from '../errors';
import { networkInfo } from '../models/networkInfo';
import type { Files } from './checkpointFiles';
import type { EpochRecord } from './history';
import type { LossScale, LossScaleState } from './lossScale';
import { parameters } from './parameters';
import type { Scheduler } from './scheduler';
import type { SGD, SGDState } from './sgd';
import type { EpochProgress } from './trainEpoch';

/** The version of what is written here. */
const FORMAT = 2;

/** What a run consists of. */
export interface RunParts {
  net: TensorFlow.LayersModel;
  optimizer: SGD;
  scheduler?: Scheduler;
  lossScale?: LossScale;
  trainLoader: DataLoader;
  testLoader: DataLoader;
}

/** Where a run is. */
export interface Position {
  /** Of all epochs that are behind it. */
  records: readonly EpochRecord[];
  /** How far the next epoch is, where it was begun. */
  progress?: EpochProgress;
  /** What learning rates are multiplied by: halved each time that the run goes back. */
  rateFactor: number;
}

/** What a checkpoint says, beside the numbers of weights and velocities. */
interface Description extends Position {
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
}

/** This package's version, by its package.json. */
function libraryVersion(): string {
  return JSON.parse(readFileSync(join(packageDataFolder(), '..', 'package.json'), 'utf8')).version;
}

function describe(parts: RunParts, position: Position): Description {
  const { net, optimizer, scheduler, lossScale, trainLoader, testLoader } = parts;
  return {
    format: FORMAT,
    library: libraryVersion(),
    architecture: networkInfo(net).architecture,
    weights: net.weights.map(({ shape, trainable }) => ({ shape: shape as number[], trainable })),
    optimizer: optimizer.stateDict(),
    schedule: scheduler?.constructor.name,
    scheduler: scheduler?.stateDict(),
    lossScale: lossScale?.stateDict(),
    // An epoch that was begun is drawn again, and what is behind it left out.
    loaderEpochs: { train: trainLoader.epoch - (position.progress ? 1 : 0), test: testLoader.epoch },
    ...position,
  };
}

/** Numbers of tensors, one after the other. */
function bytesOf(arrays: Float32Array[]): Uint8Array {
  return Buffer.concat(
    arrays.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
  );
}

/** The same as arrays again, as long as tensors are. */
function arraysOf(file: Buffer, tensors: readonly TensorFlow.Tensor[]): Float32Array[] {
  let at = 0;
  return tensors.map(({ size }) => {
    const bytes = file.subarray(at, at + 4 * size);
    at += 4 * size;
    return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  });
}

/** A run's state as files. */
export function runFiles(parts: RunParts, position: Position): Files {
  const weights = parts.net.weights.map((weight) => weight.read().dataSync() as Float32Array);
  return {
    'checkpoint.json': JSON.stringify(describe(parts, position), null, 2),
    'weights.bin': bytesOf(weights),
    'velocities.bin': bytesOf(parts.optimizer.velocities(parameters(parts.net))),
  };
}

/**
 * Brings a run to the state that files tell.
 *
 * @param path where they were read, for errors
 * @throws ModelError where they are of another run or format; nothing was changed then
 */
export function restoreRun(parts: RunParts, files: Record<string, Buffer>, path: string): Position {
  const description = JSON.parse(files['checkpoint.json'].toString()) as Description;
  if (description.format !== FORMAT) {
    throw new ModelError(
      `The checkpoint ${path} is of format ${description.format}, written by version ${description.library} of this library.`,
      `Use that version to go on, or start anew; this one, ${libraryVersion()}, reads format ${FORMAT}.`,
    );
  }
  checkFits(parts, description, path);
  const { net, optimizer, scheduler, lossScale, trainLoader, testLoader } = parts;
  const variables = net.weights.map((weight) => weight.read());
  const weights = arraysOf(files['weights.bin'], variables);
  tf.tidy(() => net.setWeights(weights.map((array, i) => tf.tensor(array, variables[i].shape))));
  optimizer.loadStateDict(description.optimizer);
  optimizer.setVelocities(parameters(net), arraysOf(files['velocities.bin'], parameters(net)));
  if (description.scheduler) scheduler?.loadStateDict(description.scheduler);
  if (description.lossScale) lossScale?.loadStateDict(description.lossScale);
  trainLoader.epoch = description.loaderEpochs.train;
  testLoader.epoch = description.loaderEpochs.test;
  const { records, progress, rateFactor } = description;
  return { records, progress, rateFactor };
}

/** Refuses the state of another network, or of a run with another schedule. */
function checkFits(parts: RunParts, description: Description, path: string): void {
  const now = describe(parts, { records: [], rateFactor: 1 });
  const weights = (of: Description) =>
    of.weights.map(({ shape, trainable }) => `${trainable}[${shape}]`).join();
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
    'Give the settings that it was saved with, or another savePath to start anew.',
  );
}
