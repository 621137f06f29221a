/**
 * The training loop.
 */

import { resolve } from 'node:path';
import type { Batch, BatchDraws } from '../data/batch';
import type { DataLoader } from '../data/dataLoader';
import type { CompileOptions } from '../engine/compile';
import { usesGpu } from '../engine/runtime/backend';
import { fastestPrecision } from '../engine/runtime/device';
import type { Precision } from '../engine/runtime/session';
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { checkWorkers, silentWorker, workersOf } from '../engine/runtime/workers';
import { ConfigError, type WorkerError } from '../errors';
import { setNetworkInfo } from '../models/networkInfo';
import type { RunParts } from './checkpoint/runDescription';
import { SavedRun } from './checkpoint/savedRun';
import { compileEvaluation } from './evaluate';
import type { TrainEvent } from './events';
import type { History } from './history';
import { WeightAverage } from './optimizer/averaging';
import { LossScale } from './step/lossScale';
import { compileTraining } from './step/trainingStep';
import { TensorBoardLog } from './tensorBoard';
import { trainEpochs } from './trainEpochs';
import { checkOptions, checkSchedule, stepsIn, type TrainOptions } from './trainOptions';

/**
 * Trains a network, and tests it after each epoch, on validation images or on the test set.
 *
 * The event loop runs between batches. The network keeps what it has learned however the run ends. What the loaders know,
 * class names and normalization, is noted in the network's `networkInfo`.
 *
 * @param net `[n, h, w, c]` → logits `[n, classes]`, or probabilities where it ends in softmax
 * @returns the whole epochs that were trained, fewer than were asked for where a signal ended the run
 * @throws ConfigError for settings that can't work, and for a network, optimizer or savePath that another run uses
 * @throws WorkerError for a worker that can't be reached or doesn't fit, and for one that is lost; the network is then as it was saved last,
 * or where it was being tested as the epoch left it
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
  checkOptions(net, trainLoader, testLoader, options);
  const free = reserve(net, options);
  try {
    return await trainReserved(net, trainLoader, testLoader, options);
  } finally {
    free();
  }
}

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
  fast: "bfloat16, by Winograd's algorithm where that is faster",
  bfloat16: 'bfloat16',
  tf32: 'float32, which nothing on this machine is faster than',
};

/** Images of CIFAR-10 on which XLA saves what it takes to compile a step: 270,000 in batches of 128, 620,000 of 512 (bench/gpu/H200.md). */
const WORTH_COMPILING = 400_000;

/** The epochs that are still to come. */
async function run(parts: RunParts, options: TrainOptions): Promise<History> {
  const { net, trainLoader, testLoader, lossScale, average, optimizer } = parts;
  const { epochs, criterion, workerTimeout, stepsPerExecution, accumulate, onDivergence, signal, logDir } =
    options;
  let { devices = [] } = options;
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
  const goesOn = options.onWorkerLost === 'goOn';
  if (goesOn && !saved.keepsCheckpoints) {
    throw new ConfigError(
      'There would be no checkpoint to go on from.',
      "Give savePath and saveEvery too, or leave onWorkerLost: 'goOn' out.",
    );
  }
  await checkWorkers(devices);
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

  const images = left * trainLoader.length * trainLoader.batchSize;
  const isRecordedOnGpu = usesGpu() && devices.length === 0 && options.compile !== false;
  const { jitCompile = isRecordedOnGpu && images >= WORTH_COMPILING } = options;

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
    makeBatch,
    areDivisible: !trainLoader.mixes,
    compressGradients: options.compressGradients,
    syncBatchNorm: options.syncBatchNorm,
    workerTimeout,
  };
  const compileSteps = () => ({
    trainStep: compileTraining(net, { ...stepOptions, ...compileOptions, jitCompile, devices }),
    testStep: compileEvaluation(net, testLoader, criterion, { ...compileOptions, devices, workerTimeout }),
  });
  let steps = compileSteps();
  const disposeSteps = () => {
    steps.trainStep.dispose();
    steps.testStep.dispose();
  };
  /** Makes the steps again, without a worker that was lost. */
  const withoutWorker = async (loss: WorkerError) => {
    const lost = loss.worker ?? (await silentWorker(workersOf(devices)));
    const left = devices.filter((name) => name.split('/')[0] !== lost);
    if (!goesOn || left.length === 0 || left.length === devices.length) throw loss;
    disposeSteps();
    devices = left;
    await checkWorkers(devices);
    steps = compileSteps();
    listener({ kind: 'message', text: `${loss.problem} Goes on with ${devices.join(', ')}.` });
    return steps;
  };
  setNetworkInfo(net, { classNames: trainLoader.dataset.classNames, normalization: trainLoader.normalize });
  try {
    const pace = { epochs, stepsPerExecution, accumulate, testedOn };
    const loop = { ...steps, saved, ...pace, onDivergence, withoutWorker, signal, onProgress };
    const keepsFirst = onDivergence === 'goBack' || goesOn;
    return await trainEpochs({ ...parts, ...loop, keepsFirst }, position);
  } finally {
    disposeSteps();
  }
}
