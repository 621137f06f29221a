/**
 * The epochs of a run, one after the other: trained, tested, told and saved.
 */

import { WorkerError } from '../errors';
import type { Callback, TrainRun } from './callbacks/callback';
import type { Position, RunParts } from './checkpoint/runDescription';
import type { SavedRun } from './checkpoint/savedRun';
import { DivergenceError } from './divergence';
import { type EvaluationStep, evaluateWith } from './evaluate';
import type { TrainListener } from './events';
import { type EpochRecord, type History, historyOf } from './history';
import type { TrainingStep } from './step/trainingStep';
import { type EpochProgress, startOfEpoch, trainEpoch } from './trainEpoch';

/** How often a run may go back: to a thousandth of its learning rate. */
const MOST_HALVINGS = 10;

/** What the epochs need. */
export interface EpochsOptions extends RunParts {
  trainStep: TrainingStep;
  testStep: EvaluationStep;
  saved: SavedRun;
  callbacks?: readonly Callback[];
  epochs: number;
  stepsPerExecution?: number;
  accumulate?: number;
  testedOn: 'validation' | 'test';
  onDivergence?: 'stop' | 'goBack';
  /** Whether a checkpoint is to be there before the first epoch. */
  keepsFirst: boolean;
  /** Makes the steps again without a worker that was lost, or throws. */
  withoutWorker(loss: WorkerError): Promise<Pick<EpochsOptions, 'trainStep' | 'testStep'>>;
  signal?: AbortSignal;
  onProgress: TrainListener;
}

/** Trains from a position on, until all epochs are behind it, or the signal or a callback ends it. */
export async function trainEpochs(options: EpochsOptions, start: Position): Promise<History> {
  const { net, saved, average, callbacks = [], epochs, optimizer, testLoader, signal } = options;
  let position = start;
  let stopReason: string | undefined;
  const run: TrainRun = {
    net,
    optimizer,
    epochs,
    get records() {
      return position.records;
    },
    message: (text) => options.onProgress({ kind: 'message', text }),
    stop(reason) {
      stopReason ??= reason;
    },
  };
  const onProgress: TrainListener = (event) => {
    if (event.kind === 'batch') for (const callback of callbacks) callback.batch?.(event, run);
    options.onProgress(event);
  };
  let loop = { ...options, onProgress };
  if (options.keepsFirst && start.records.length === 0) await saved.keepNow(start);
  for (const callback of callbacks) await callback.begin?.(run);
  while (position.records.length < epochs && stopReason === undefined) {
    const progress = position.progress ?? startOfEpoch(optimizer.lr * position.rateFactor);
    const drawn = testLoader.epoch;
    try {
      const record = await oneEpoch(loop, position, progress);
      position = { records: [...position.records, record], rateFactor: position.rateFactor };
      const told = async () => {
        for (const callback of callbacks) await callback.epoch?.(record, run);
      };
      await (average ? average.during(told) : told());
      await saved.keepEpoch(position, position.records.length === epochs || stopReason !== undefined);
      onProgress({ kind: 'epoch', record, epochs });
    } catch (error) {
      if (signal?.aborted && error === signal.reason) {
        testLoader.epoch = drawn; // a test that was interrupted starts again
        await stop(options, { ...position, progress });
        average?.finish();
        return historyOf(position.records);
      }
      if (error instanceof WorkerError) {
        loop = { ...loop, ...(await options.withoutWorker(error)) };
        position = (await saved.goBack(options.onProgress))!;
      } else if (error instanceof DivergenceError && options.onDivergence === 'goBack') {
        position = await goBack(options, error, position.rateFactor / 2);
      } else {
        throw error;
      }
    }
  }
  if (stopReason !== undefined) run.message(`Ended after ${epochsIn(position.records)}: ${stopReason}`);
  average?.finish();
  for (const callback of callbacks) await callback.end?.(run);
  return historyOf(position.records);
}

/** Trains for an epoch, or what is left of it, and tests. */
async function oneEpoch(
  { trainLoader, testLoader, trainStep, testStep, scheduler, average, ...options }: EpochsOptions,
  { records, rateFactor }: Position,
  progress: EpochProgress,
): Promise<EpochRecord> {
  const before = progress.seconds;
  const began = performance.now();
  const epoch = records.length + 1;
  await trainEpoch(progress, {
    ...options,
    loader: trainLoader,
    step: trainStep,
    scheduler,
    epoch,
    rateFactor,
  });
  average?.addEpoch(epoch);
  const test = () => evaluateWith(testStep, testLoader, options.signal);
  const tested = await (average ? average.during(test) : test());
  const trainLoss = progress.lossSum / progress.images;
  if (scheduler?.interval === 'epoch') scheduler.step(trainLoss);
  return {
    epoch,
    trainLoss,
    trainAccuracy: progress.correct / progress.images,
    testLoss: tested.loss,
    testAccuracy: tested.accuracy,
    testedOn: options.testedOn,
    learningRate: progress.learningRate,
    seconds: before + (performance.now() - began) / 1000,
  };
}

/** Saves and says where a run was ended. */
async function stop(
  { saved, trainLoader, onProgress }: EpochsOptions,
  position: Position & { progress: EpochProgress },
): Promise<void> {
  const { records, progress } = position;
  const checkpoint = await saved.keepNow(position);
  const where = `epoch ${records.length + 1}, after batch ${progress.batch} of ${trainLoader.length}`;
  onProgress({
    kind: 'message',
    text: [
      `Stopped in ${where}. The network keeps what it has learned; the history has ${epochsIn(records)}.`,
      ...(checkpoint ? [`\`resume: true\` goes on from ${checkpoint}.`] : []),
    ].join(' '),
  });
}

const epochsIn = ({ length }: readonly unknown[]) => `${length} whole ${length === 1 ? 'epoch' : 'epochs'}`;

/** Takes a run that diverged back to its newest checkpoint, to learn at another rate. */
async function goBack(
  { saved, onProgress }: EpochsOptions,
  error: DivergenceError,
  rateFactor: number,
): Promise<Position> {
  if (rateFactor < 2 ** -MOST_HALVINGS) throw error;
  onProgress({
    kind: 'message',
    text: `${error.problem} Goes back, with ${rateFactor} of the learning rate.`,
  });
  return { ...(await saved.goBack(onProgress))!, rateFactor };
}
