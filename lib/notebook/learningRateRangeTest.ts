/**
 * A learning-rate range test that shows itself and can be interrupted: what a notebook or a program calls.
 */
import type { DataLoader } from '../data/dataLoader';
import type { TensorFlow } from '../engine/runtime/tensorflow';
import {
  type RangeTest,
  type RangeTestOptions,
  learningRateRangeTest as testSilently,
} from '../training/learningRateRangeTest';
import { shownWork } from './display/shownWork';

/**
 * Trains a network for some steps, each with a learning rate that is higher than the last by the same factor, and puts its weights
 * back. Where the loss falls the rate is good; where it climbs the rate is too high. The test ends early once it climbs far. It shows how far
 * it is; interrupted, it gives the steps so far.
 *
 * @param net `[n, h, w, c]` → logits `[n, classes]`, or probabilities where it ends in softmax
 * @param loader of the training images; it goes on with the epoch that it was at
 * @throws ConfigError for rates that aren't positive and rising, or fewer than two steps
 * @throws ModelError where the network doesn't fit the data, or it ends in sigmoid and the criterion is `crossEntropy`
 * @throws DataError where the loader's class names or normalization aren't those that `networkInfo` knows
 * @see Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3
 */
export function learningRateRangeTest(
  net: TensorFlow.LayersModel,
  loader: DataLoader,
  options: RangeTestOptions,
): Promise<RangeTest> {
  if (options?.onProgress) return testSilently(net, loader, options);
  return shownWork({ name: 'range test', unit: 'steps', signal: options?.signal }, (onProgress, signal) =>
    testSilently(net, loader, { ...options, onProgress, signal }),
  );
}
