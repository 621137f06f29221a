/**
 * The training loop.
 */

import { resolve } from 'node:path';
import { checkForm, checkPositiveInteger, type Form, SIGNAL_FORM } from '../checks';
import type { Batch, BatchDraws } from '../data/batch';
import type { DataLoader } from '../data/dataLoader';
import type { CompileOptions } from '../engine/compile';
import { fastestPrecision } from '../engine/runtime/device';
import type { Precision } from '../engine/runtime/session';
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { ConfigError, ModelError } from '../errors';
import { setNetworkInfo } from '../models/networkInfo';
import type { RunParts } from './checkpoint/runDescription';
import { SavedRun, type SaveOptions } from './checkpoint/savedRun';
import { compileEvaluation } from './evaluate';
import type { TrainEvent, TrainListener } from './events';
import { checkAlike, checkFit } from './fit';
import type { History } from './history';
import type { SGD } from './optimizer/sgd';
import type { Scheduler } from './schedule/scheduler';
import { type Criterion, criterionFor } from './step/crossEntropy';
import { LossScale } from './step/lossScale';
import { compileTraining } from './step/trainingStep';
import { TensorBoardLog } from './tensorBoard';
import { trainEpochs } from './trainEpochs';

/** What `train` takes in addition to the network and the data. Its steps run as `compile`'s options say. */
export interface TrainOptions extends CompileOptions, SaveOptions {
  /** How often all training images are gone through. */
  epochs: number;
  /** Holds the learning rate and, from one call to the next, the momentum. Who made it disposes it. */
  optimizer: SGD;
  /** The loss: `crossEntropy()`. */
  criterion: Criterion;
  /** Writes the optimizer's learning rate as training goes on. Without it the rate stays. */
  scheduler?: Scheduler;
  /**
   * Devices to share each batch, as PyTorch's `nn.DataParallel`: `['gpu:0', 'gpu:1']`. Batch normalization is each part's own.
   * Without it there is one.
   */
  devices?: readonly string[];
  /**
   * Batches a call of TensorFlow, as Keras's `steps_per_execution`: the same numbers, but fewer pauses where a step takes less time
   * than a call, on a fast GPU with a small network. Recording takes so many times longer. Default 1.
   */
  stepsPerExecution?: number;
  /** A folder of this run's own for event files, which TensorBoard shows. Without it none are written. */
  logDir?: string;
  /**
   * What to do at a loss that isn't finite: `stop`, or `goBack` to the newest checkpoint, which `saveEvery` or `resume` has written,
   * with half the learning rate, ten times at the most. Default `stop`.
   */
  onDivergence?: 'stop' | 'goBack';
  /**
   * Ends the run once it is aborted and the step under way has ended. What was trained stays, and is saved where `savePath` says;
   * where checkpoints are kept, `resume` goes on at the very batch.
   */
  signal?: AbortSignal;
  /** Is told each batch, each epoch, and what else is worth a line. An error it throws ends the run. */
  onProgress?: TrainListener;
}

/**
 * Trains a network, and tests it after each epoch.
 *
 * The event loop runs between batches. The network keeps what it has learned however the run ends. What the loaders know,
 * class names and normalization, is noted in the network's `networkInfo`.
 *
 * @param net `[n, h, w, c]` → logits `[n, classes]`, or probabilities where it ends in softmax
 * @returns the whole epochs that were trained, fewer than were asked for where a signal ended the run
 * @throws ConfigError for settings that can't work, and for a network, optimizer or savePath that another run uses
 * @throws DivergenceError when the loss is no longer finite; the network is then as it was before that step
 * @throws ModelError where the network doesn't fit the data, ends in sigmoid and the criterion is `crossEntropy`, or can't be saved
 * @throws DataError where the loaders' class names or normalizations differ, or aren't those that `networkInfo` knows from an earlier training
 */
export async function train(
  net: TensorFlow.LayersModel,
  trainLoader: DataLoader,
  testLoader: DataLoader,
  options: TrainOptions,
): Promise<History> {
  checkForm('options', options, OPTIONS, 'Give at least { epochs, optimizer, criterion }.');
  check(net, trainLoader, testLoader, options);
  const free = reserve(net, options);
  try {
    return await trainReserved(net, trainLoader, testLoader, options);
  } finally {
    free();
  }
}

const OPTIONS: Form = {
  optimizer: { lr: 'number', momentum: 'number', apply: 'function' },
  criterion: 'function',
  'scheduler?': { step: 'function' },
  'devices?': ['string'],
  'logDir?': 'string',
  'signal?': SIGNAL_FORM,
  'onProgress?': 'function',
};

/** What runs of this process use: networks, optimizers, and the folders they are saved to. */
const inUse = new Set<unknown>();

/**
 * Refuses to train what is being trained.
 *
 * @returns is to be called when the run has ended
 * @throws ConfigError
 */
function reserve(net: TensorFlow.LayersModel, { optimizer, savePath }: TrainOptions): () => void {
  const things = [net, optimizer, ...(savePath === undefined ? [] : [resolve(savePath)])];
  const names = ['This network', 'This optimizer', `The savePath ${savePath}`];
  const taken = things.findIndex((thing) => inUse.has(thing));
  if (taken >= 0) {
    throw new ConfigError(
      `${names[taken]} is used by another run of train, which hasn't ended.`,
      'Await that run first, or give each run its own.',
    );
  }
  for (const thing of things) inUse.add(thing);
  return () => {
    for (const thing of things) inUse.delete(thing);
  };
}

async function trainReserved(
  net: TensorFlow.LayersModel,
  trainLoader: DataLoader,
  testLoader: DataLoader,
  options: TrainOptions,
): Promise<History> {
  if (!options.resume) checkSchedule(options, options.epochs * trainLoader.length);
  const lossScale = options.precision === 'float16' ? new LossScale() : undefined;
  try {
    const { optimizer, scheduler } = options;
    return await run({ net, optimizer, scheduler, lossScale, trainLoader, testLoader }, options);
  } finally {
    trainLoader.dispose();
    testLoader.dispose();
    lossScale?.dispose();
  }
}

/** What `precision: 'fast'` comes to, in words. */
const FAST: Partial<Record<Precision, string>> = {
  fast: "bfloat16 where that is faster than Winograd's algorithm in float32",
  bfloat16: 'bfloat16',
  tf32: 'float32, which nothing on this machine is faster than',
};

/** The epochs that are still to come. */
async function run(parts: RunParts, options: TrainOptions): Promise<History> {
  const { net, trainLoader, testLoader, lossScale, optimizer } = parts;
  const { epochs, criterion, devices, stepsPerExecution, onDivergence, signal, logDir } = options;
  const { onProgress: listener = () => {} } = options;
  const compileOptions: CompileOptions = {
    compile: options.compile,
    precision: options.precision,
    check: options.check,
  };
  const saved = new SavedRun(parts, options);
  if (onDivergence === 'goBack' && !saved.keepsCheckpoints) {
    throw new ConfigError(
      'There is no checkpoint to go back to.',
      "Give savePath and saveEvery too, or leave onDivergence: 'goBack' out.",
    );
  }
  if (options.precision === 'fast')
    listener({ kind: 'message', text: `Computes convolutions in ${FAST[fastestPrecision()]}.` });
  const position = await saved.begin(listener);
  if (position.records.length >= epochs) {
    const done = position.records.length;
    listener({
      kind: 'message',
      text: `Nothing is left to train: epochs is ${epochs}, and ${done} are done.`,
    });
  }
  const batches = position.records.length * trainLoader.length + (position.progress?.batch ?? 0);
  checkSchedule(options, epochs * trainLoader.length - batches);

  const log = logDir === undefined ? undefined : new TensorBoardLog(logDir, batches);
  const onProgress = (event: TrainEvent): void => {
    if (event.kind === 'batch') log?.writeBatch(event);
    if (event.kind === 'epoch') log?.writeEpoch(event.record);
    listener(event);
  };
  const makeBatch = (inputs: Batch | BatchDraws) => trainLoader.batch(inputs);
  const stepOptions = { optimizer, criterion, lossScale, devices, makeBatch };
  const trainStep = compileTraining(net, { ...stepOptions, ...compileOptions });
  const testStep = compileEvaluation(net, testLoader, criterion, compileOptions);
  setNetworkInfo(net, { classNames: trainLoader.dataset.classNames, normalization: trainLoader.normalize });
  try {
    const loop = { trainStep, testStep, saved, epochs, stepsPerExecution, onDivergence, signal, onProgress };
    return await trainEpochs({ ...parts, ...loop }, position);
  } finally {
    trainStep.dispose();
    testStep.dispose();
  }
}

function check(
  net: TensorFlow.LayersModel,
  trainLoader: DataLoader,
  testLoader: DataLoader,
  { epochs, optimizer, criterion, scheduler, savePath, stepsPerExecution = 1 }: TrainOptions,
): void {
  if (savePath !== undefined && (typeof savePath !== 'string' || savePath === '')) {
    throw new ConfigError(
      `savePath is ${JSON.stringify(savePath) ?? typeof savePath}.`,
      'Give the path of a folder, or leave savePath out.',
    );
  }
  checkPositiveInteger('epochs', epochs);
  checkPositiveInteger('stepsPerExecution', stepsPerExecution);
  checkFit(net, trainLoader, 'trainLoader');
  checkFit(net, testLoader, 'testLoader');
  checkAlike(trainLoader, testLoader);
  criterionFor(net, criterion);
  if (net.trainableWeights.length === 0) {
    throw new ModelError(
      'The network has no weights to train.',
      'Set trainable of the network or its layers.',
    );
  }
  if (scheduler !== undefined && scheduler.optimizer !== optimizer) {
    throw new ConfigError(
      'The scheduler was made for another optimizer.',
      'Make it with the optimizer that train is given.',
    );
  }
}

/** Refuses a schedule that ends before the run does. */
function checkSchedule({ scheduler }: TrainOptions, steps: number): void {
  if (scheduler?.stepsLeft !== undefined && scheduler.stepsLeft < steps) {
    throw new ConfigError(
      `The scheduler has ${scheduler.stepsLeft} steps left, the epochs to come take ${steps}.`,
      'Make it with totalSteps: epochs * trainLoader.length.',
    );
  }
}
