/**
 * Training steps, taken and read.
 */
import type { BatchInputs } from '../../data/batch';
import { tf } from '../../engine/runtime/tensorflow';
import type { Optimizer } from '../optimizer/optimizer';
import type { TrainingStep } from './trainingStep';

/** What a step has told of one batch, with the rate it was taken at. */
export interface Taken {
  loss: number;
  correct: number;
  learningRate: number;
}

/**
 * Trains on batches in one call, and reads what it gives. The batches stay whose they are.
 *
 * @param optimizer holds the first step's rates
 * @param rateFactor what learning rates are multiplied by
 * @param accumulate batches a step
 * @param advance goes to the next step's rates
 */
export async function takeSteps(
  step: TrainingStep,
  group: readonly BatchInputs[],
  optimizer: Optimizer,
  { rateFactor = 1, accumulate = 1, advance = () => {} } = {},
): Promise<Taken[]> {
  const rates = Array.from({ length: Math.ceil(group.length / accumulate) }, (_, i) => {
    if (i > 0) advance();
    return { lr: rateFactor * optimizer.lr, momentum: optimizer.momentum };
  });
  const lr = tf.tensor1d(rates.map((rate) => rate.lr)); // [steps]
  const momentum = tf.tensor1d(rates.map((rate) => rate.momentum)); // [steps]
  try {
    const outputs = await step({ lr, momentum, batches: group.map(({ tensors }) => tensors) });
    const [losses, corrects] = [outputs.loss.dataSync(), outputs.correct.dataSync()];
    tf.dispose(outputs);
    return group.map((_, i) => {
      const learningRate = rates[Math.floor(i / accumulate)].lr;
      return { loss: losses[i], correct: corrects[i], learningRate };
    });
  } finally {
    tf.dispose([lr, momentum]);
  }
}
