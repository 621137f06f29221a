/**
 * One pass over the training images.
 */
import type { BatchInputs, DataLoader } from '../data/dataLoader';
import { tf } from '../engine/tensorflow';
import { ConfigError } from '../errors';
import type { TrainListener } from './events';
import type { Scheduler } from './scheduler';
import type { SGD } from './sgd';
import type { TrainingStep } from './trainingStep';

/** What an epoch needs to know of its run. */
export interface EpochOptions {
  epochs: number;
  optimizer: SGD;
  scheduler?: Scheduler;
  stepsPerExecution?: number;
  onProgress?: TrainListener;
}

/** What a step has told of one batch, with the rate it was taken at. */
interface Taken {
  loss: number;
  correct: number;
  length: number;
  learningRate: number;
}

/** An epoch's mean loss, and the share classified right, each batch as it was before its update. */
export async function trainEpoch(
  step: TrainingStep,
  loader: DataLoader,
  epoch: number,
  { epochs, optimizer, scheduler, stepsPerExecution = 1, onProgress }: EpochOptions,
): Promise<{ loss: number; accuracy: number }> {
  const began = performance.now();
  let [batch, images, lossSum, correct] = [0, 0, 0, 0];
  const advance = () => {
    if (scheduler?.interval === 'batch') scheduler.step(lossSum / images);
  };
  const groups = grouped(loader, stepsPerExecution);
  let next = groups.next();
  try {
    while (!next.done) {
      const running = take(step, next.value, optimizer, advance);
      // Made while TensorFlow computes, on a thread of its own.
      next = groups.next();
      for (const taken of await running) {
        batch++;
        images += taken.length;
        lossSum += taken.loss * taken.length;
        correct += taken.correct;
        if (!Number.isFinite(taken.loss)) {
          throw new ConfigError(
            `Training diverged: the loss is ${taken.loss} in epoch ${epoch}, batch ${batch}.`,
            'Make the network anew and lower the learning rate.',
          );
        }
        onProgress?.({
          kind: 'batch',
          epoch,
          epochs,
          batch,
          batches: loader.length,
          images,
          loss: lossSum / images,
          accuracy: correct / images,
          learningRate: taken.learningRate,
          seconds: (performance.now() - began) / 1000,
        });
      }
      advance();
    }
  } finally {
    if (!next.done) free(next.value); // made ahead of a run that ended early
    groups.return();
  }
  return { loss: lossSum / images, accuracy: correct / images };
}

/**
 * An epoch's batches in groups to be trained on in one call. What doesn't fill a group comes batch by batch, so that a step is recorded
 * for no more than three kinds of calls: a group, a batch, and a last batch of fewer images.
 */
function* grouped(loader: DataLoader, size: number): Generator<BatchInputs[], void, undefined> {
  let group: BatchInputs[] = [];
  try {
    for (const inputs of loader.inputs()) {
      group.push(inputs);
      if (group.length < size || inputs.length < loader.batchSize) continue;
      const full = group;
      group = [];
      yield full;
    }
    for (let inputs = group.shift(); inputs; inputs = group.shift()) yield [inputs];
  } finally {
    free(group);
  }
}

function free(group: readonly BatchInputs[]): void {
  tf.dispose(group.map(({ tensors }) => tensors));
}

/**
 * Takes a step for each batch in one call, reads what it gives, and frees it with its inputs.
 *
 * @param advance goes to the next step's rates
 */
async function take(
  step: TrainingStep,
  group: readonly BatchInputs[],
  optimizer: SGD,
  advance: () => void,
): Promise<Taken[]> {
  const rates = group.map((_, i) => {
    if (i > 0) advance();
    return { lr: optimizer.lr, momentum: optimizer.momentum };
  });
  const lrs = tf.tensor1d(rates.map(({ lr }) => lr)); // [k]
  const momentums = tf.tensor1d(rates.map(({ momentum }) => momentum)); // [k]
  const tensors = group.flatMap((inputs) => inputs.tensors);
  try {
    const outputs = await step(lrs, momentums, ...tensors);
    const [losses, corrects] = [outputs.loss.dataSync(), outputs.correct.dataSync()];
    tf.dispose(outputs);
    return group.map(({ length }, i) => ({
      loss: losses[i],
      correct: corrects[i],
      length,
      learningRate: rates[i].lr,
    }));
  } finally {
    tf.dispose([lrs, momentums, ...tensors]);
  }
}
