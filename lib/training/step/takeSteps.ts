/**
 * Training steps, taken and read.
 */
import type { BatchInputs } from '../../data/batch';
import { tf } from '../../engine/runtime/tensorflow';
import type { SGD } from '../optimizer/sgd';
import type { TrainingStep } from './trainingStep';

/** What a step has told of one batch, with the rate it was taken at. */
export interface Taken {
  loss: number;
  correct: number;
  learningRate: number;
}

/**
 * Takes a step for each batch in one call, and reads what it gives. The batches stay whose they are.
 *
 * @param optimizer holds the first step's rates
 * @param rateFactor what learning rates are multiplied by
 * @param advance goes to the next step's rates
 */
export async function takeSteps(
  step: TrainingStep,
  group: readonly BatchInputs[],
  optimizer: SGD,
  { rateFactor = 1, advance = () => {} } = {},
): Promise<Taken[]> {
  const rates = group.map((_, i) => {
    if (i > 0) advance();
    return { lr: rateFactor * optimizer.lr, momentum: optimizer.momentum };
  });
  const lr = tf.tensor1d(rates.map((rate) => rate.lr)); // [k]
  const momentum = tf.tensor1d(rates.map((rate) => rate.momentum)); // [k]
  try {
    const outputs = await step({ lr, momentum, batches: group.map(({ tensors }) => tensors) });
    const [losses, corrects] = [outputs.loss.dataSync(), outputs.correct.dataSync()];
    tf.dispose(outputs);
    return rates.map((rate, i) => ({ loss: losses[i], correct: corrects[i], learningRate: rate.lr }));
  } finally {
    tf.dispose([lr, momentum]);
  }
}
