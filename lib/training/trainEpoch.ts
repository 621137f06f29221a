/**
 * One pass over the training images.
 */
import type { BatchInputs } from '../data/batch';
import type { DataLoader } from '../data/dataLoader';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { divergence } from './divergence';
import type { BatchEvent, TrainListener } from './events';
import type { Optimizer } from './optimizer/optimizer';
import type { Scheduler } from './schedule/scheduler';
import { takeSteps } from './step/takeSteps';
import type { TrainingStep } from './step/trainingStep';

/** How far an epoch is. */
export interface EpochProgress {
  /** Batches so far. */
  batch: number;
  images: number;
  /** Of all images so far, each batch as it was before its update. */
  lossSum: number;
  /** Images classified right. */
  correct: number;
  seconds: number;
  /** The rate it began with. */
  learningRate: number;
}

/** An epoch of which nothing is behind it. */
export function startOfEpoch(learningRate: number): EpochProgress {
  return { batch: 0, images: 0, lossSum: 0, correct: 0, seconds: 0, learningRate };
}

/** What an epoch needs to know of its run. */
export interface EpochOptions {
  net: TensorFlow.LayersModel;
  loader: DataLoader;
  step: TrainingStep;
  epoch: number;
  epochs: number;
  optimizer: Optimizer;
  scheduler?: Scheduler;
  /** What learning rates are multiplied by. */
  rateFactor: number;
  stepsPerExecution?: number;
  accumulate?: number;
  signal?: AbortSignal;
  onProgress: TrainListener;
}

/**
 * Goes through an epoch, or through what is left of it.
 *
 * @param progress is kept up to date after each batch
 * @throws DivergenceError at a loss that isn't finite
 * @throws the signal's reason once it is aborted and the call under way has ended
 */
export async function trainEpoch(progress: EpochProgress, options: EpochOptions): Promise<void> {
  const { net, epoch, loader, step, optimizer, scheduler, rateFactor, accumulate, signal, onProgress } =
    options;
  const began = performance.now() - 1000 * progress.seconds;
  const advance = () => {
    if (scheduler?.interval === 'batch') scheduler.step(progress.lossSum / progress.images);
  };
  const groups = grouped(loader, progress.batch, options);
  let next = groups.next();
  try {
    while (!next.done) {
      signal?.throwIfAborted();
      const group = next.value;
      try {
        const running = takeSteps(step, group, optimizer, { rateFactor, accumulate, advance });
        // Made while TensorFlow computes, on a thread of its own.
        next = groups.next();
        for (const [i, { loss, correct, learningRate }] of (await running).entries()) {
          if (!Number.isFinite(loss)) {
            const images = () => loader.batch(group[i].tensors).images;
            const batch = progress.batch + 1;
            throw divergence({ net, epoch, batch, loss, learningRate, images });
          }
          progress.batch++;
          progress.images += group[i].length;
          progress.lossSum += loss * group[i].length;
          progress.correct += correct;
          progress.seconds = (performance.now() - began) / 1000;
          onProgress(batchEvent(progress, learningRate, options));
        }
      } finally {
        free(group);
      }
      advance();
    }
  } finally {
    if (!next.done) free(next.value); // made ahead of a run that ended early
    groups.return();
  }
}

function batchEvent(
  { batch, images, lossSum, correct, seconds }: EpochProgress,
  learningRate: number,
  { epoch, epochs, loader }: EpochOptions,
): BatchEvent {
  const [loss, accuracy, batches] = [lossSum / images, correct / images, loader.length];
  return { kind: 'batch', epoch, epochs, batch, batches, images, loss, accuracy, learningRate, seconds };
}

/**
 * An epoch's batches in groups to be trained on in one call. Several batches of one step are a group also where there are too few or the
 * last has fewer images. Of several steps, what doesn't fill a group comes batch by batch, so that a step is recorded for no more than three
 * kinds of calls: a group, a batch, and a last batch of fewer images.
 *
 * @param skip batches to leave out
 */
function* grouped(
  loader: DataLoader,
  skip: number,
  { accumulate = 1, stepsPerExecution = 1 }: Pick<EpochOptions, 'accumulate' | 'stepsPerExecution'>,
): Generator<BatchInputs[], void, undefined> {
  const isStep = accumulate > 1;
  const size = isStep ? accumulate : stepsPerExecution;
  let group: BatchInputs[] = [];
  const taken = (count: number) => {
    const first = group.slice(0, count);
    group = group.slice(count);
    return first;
  };
  try {
    for (const inputs of loader.inputs(skip)) {
      group.push(inputs);
      if (group.length === size && (isStep || inputs.length === loader.batchSize)) yield taken(size);
    }
    while (group.length > 0) yield taken(isStep ? size : 1);
  } finally {
    free(group);
  }
}

function free(group: readonly BatchInputs[]): void {
  for (const { tensors } of group) tf.dispose(tensors);
}
