/**
 * An evaluation that shows itself and can be interrupted: what a notebook or a program calls.
 */
import type { DataLoader } from '../data/dataLoader';
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { type EvaluateOptions, type Evaluation, evaluate as evaluateSilently } from '../training/evaluate';
import { shownWork } from './display/shownWork';

/**
 * Runs a network over all batches of a loader, in inference mode: batch normalization uses its moving statistics. Where that takes more
 * than a second it shows how far it is.
 *
 * @param net `[n, h, w, c]` → logits `[n, classes]`, or probabilities where it ends in softmax
 * @throws ModelError where the network's input or classes don't fit the data set, or it ends in sigmoid and the criterion is `crossEntropy`
 * @throws DataError where the loader's class names or normalization aren't those that `networkInfo` knows
 * @throws InterruptError where it was interrupted: a part of the images would be no result
 */
export function evaluate(
  net: TensorFlow.LayersModel,
  loader: DataLoader,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  if (options?.onProgress) return evaluateSilently(net, loader, options);
  return shownWork({ name: 'evaluate', unit: 'images', signal: options?.signal }, (onProgress, signal) =>
    evaluateSilently(net, loader, { ...options, onProgress, signal }),
  );
}
