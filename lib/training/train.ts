/**
 * The training loop.
 */

import { resolve } from 'node:path';
import { checkChoice, checkForm, checkPositiveInteger, type Form, SIGNAL_FORM } from '../checks';
import type { Batch, BatchDraws } from '../data/batch';
import type { DataLoader } from '../data/dataLoader';
import type { CompileOptions } from '../engine/compile';
import { fastestPrecision } from '../engine/runtime/device';
import type { Precision } from '../engine/runtime/session';
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { ConfigError, ModelError } from '../errors';
import { setNetworkInfo } from '../models/networkInfo';
import { type AveragingOptions, checkAveraging, WeightAverage } from './averaging';
import { type Callback, checkCallbacks } from './callbacks/callback';
import type { RunParts } from './checkpoint/runDescription';
import { SavedRun, type SaveOptions } from './checkpoint/savedRun';
import { compileEvaluation } from './evaluate';
import type { TrainEvent, TrainListener } from './events';
import { checkAlike, checkFit } from './fit';
import type { History } from './history';
import { type ClippingOptions, checkClipping } from './optimizer/clipping';
import { checkOptimizer, type Optimizer } from './optimizer/optimizer';
import type { Scheduler } from './schedule/scheduler';
import { type Criterion, criterionFor } from './step/crossEntropy';
import { parameters } from './step/gradients';
import { LossScale } from './step/lossScale';
import { compileTraining } from './step/trainingStep';
import { TensorBoardLog } from './tensorBoard';
import { trainEpochs } from './trainEpochs';

/** What `train` takes in addition to the network and the data. Its steps run as `compile`'s options say. */
export interface TrainOptions extends CompileOptions, SaveOptions, ClippingOptions, AveragingOptions {
  /** How often all training images are gone through. */
  epochs: number;
  /** Holds the learning rate and, from one call to the next, the momentum. Who made it disposes it. */
  optimizer: Optimizer;
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
  /**
   * Batches whose gradients are averaged for a step: as one batch of so many times the images, with the memory of one. Each still has its
   * own batch normalization. Schedules count steps. Default 1.
   */
  accumulate?: number;
  /**
   * What the run is tested on after each epoch, as lines, charts and history.json call it. What is chosen by looking at these images, the best
   * epoch or a learning rate, isn't to be reported on them: so keep the test set for the end, and give validation images, a part of the
   * training images that isn't trained on: `const [training, validation] = train.split(0.9, 0)`. Default `validation`.
   */
  testedOn?: 'validation' | 'test';
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
  /** Take part in the run: `[earlyStopping({ patience: 5 }), csvLog('log.csv')]`. They are called in this order. */
  callbacks?: readonly Callback[];
  /** Is told each batch, each epoch, and what else is worth a line. An error it throws ends the run. */
  onProgress?: TrainListener;
}

/**
 * Trains a network, and tests it after each epoch, on validation images or on the test set.
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
  if (!options.resume) checkSchedule(options, options.epochs * stepsIn(trainLoader.length, options));
  const lossScale = options.precision === 'float16' ? new LossScale() : undefined;
  const average = WeightAverage.of(net, options);
  try {
    const { optimizer, scheduler } = options;
    const parts = { net, optimizer, scheduler, lossScale, average, trainLoader, testLoader };
    return await run({ ...parts, callbacks: options.callbacks }, options);
  } finally {
    trainLoader.dispose();
    testLoader.dispose();
    lossScale?.dispose();
    average?.dispose();
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
  const { net, trainLoader, testLoader, lossScale, average, optimizer } = parts;
  const { epochs, criterion, devices, stepsPerExecution, accumulate, onDivergence, signal, logDir } = options;
  const { testedOn = 'validation' } = options;
  const { clipNorm, clipValue } = options;
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
  const left = epochs - position.records.length;
  const taken = stepsIn(position.progress?.batch ?? 0, options);
  checkSchedule(options, left * stepsIn(trainLoader.length, options) - taken);

  const log = logDir === undefined ? undefined : new TensorBoardLog(logDir, batches);
  const onProgress = (event: TrainEvent): void => {
    if (event.kind === 'batch') log?.writeBatch(event);
    if (event.kind === 'epoch') log?.writeEpoch(event.record);
    listener(event);
  };
  const makeBatch = (inputs: Batch | BatchDraws) => trainLoader.batch(inputs);
  const stepOptions = {
    optimizer,
    criterion,
    lossScale,
    average,
    accumulate,
    clipNorm,
    clipValue,
    devices,
    makeBatch,
  };
  const trainStep = compileTraining(net, { ...stepOptions, ...compileOptions });
  const testStep = compileEvaluation(net, testLoader, criterion, compileOptions);
  setNetworkInfo(net, { classNames: trainLoader.dataset.classNames, normalization: trainLoader.normalize });
  try {
    const pace = { epochs, stepsPerExecution, accumulate, testedOn };
    const loop = { trainStep, testStep, saved, ...pace, onDivergence, signal, onProgress };
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
  options: TrainOptions,
): void {
  const {
    epochs,
    optimizer,
    criterion,
    scheduler,
    savePath,
    stepsPerExecution = 1,
    accumulate = 1,
  } = options;
  checkOptimizer(optimizer);
  if (savePath !== undefined && (typeof savePath !== 'string' || savePath === '')) {
    throw new ConfigError(
      `savePath is ${JSON.stringify(savePath) ?? typeof savePath}.`,
      'Give the path of a folder, or leave savePath out.',
    );
  }
  checkPositiveInteger('epochs', epochs);
  checkPositiveInteger('stepsPerExecution', stepsPerExecution);
  checkPositiveInteger('accumulate', accumulate);
  if (accumulate > 1 && stepsPerExecution > 1) {
    throw new ConfigError(
      'A call takes several steps, or a step several batches, not both.',
      'Leave out stepsPerExecution, or accumulate.',
    );
  }
  checkClipping(options);
  checkAveraging(options);
  if (options.testedOn !== undefined) checkChoice('testedOn', options.testedOn, ['validation', 'test']);
  if (options.callbacks !== undefined) checkCallbacks(options.callbacks);
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
  optimizer.checkGroups(parameters(net));
  if (scheduler !== undefined && scheduler.optimizer !== optimizer) {
    throw new ConfigError(
      'The scheduler was made for another optimizer.',
      'Make it with the optimizer that train is given.',
    );
  }
}

/** How many steps so many batches make. */
function stepsIn(batches: number, { accumulate = 1 }: TrainOptions): number {
  return Math.ceil(batches / accumulate);
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
