/**
 * Training that shows itself and can be interrupted: what a notebook or a program calls.
 */
import type { DataLoader } from '../data/dataLoader';
import type { TensorFlow } from '../engine/tensorflow';
import type { TrainEvent } from '../training/events';
import type { History } from '../training/history';
import { type TrainOptions, train as trainSilently } from '../training/train';
import { whileInterruptible } from './interrupt';
import { liveReporter } from './liveReporter';
import { liveText } from './liveText';

/**
 * Trains a network, tests it after each epoch, and shows how far it is: a bar within the epoch and a line for each.
 * In a notebook, "Interrupt Kernel" ends the run after the current batch.
 *
 * @param net `[n, h, w, c]` → logits `[n, classes]`
 * @param options without `onProgress` the run is shown by `liveReporter()`.
 * @throws ConfigError for settings that can't work, and when the loss is no longer finite.
 * @throws ModelError where the network doesn't fit the data, or can't be saved.
 * @throws InterruptError when the kernel was interrupted.
 */
export function train(
  net: TensorFlow.LayersModel,
  trainLoader: DataLoader,
  testLoader: DataLoader,
  options: TrainOptions,
): Promise<History> {
  const text = liveText();
  const report = options.onProgress ?? liveReporter(text);
  return whileInterruptible((check) => {
    const onProgress = (event: TrainEvent): void => {
      report(event);
      check();
    };
    return trainSilently(net, trainLoader, testLoader, { ...options, onProgress });
  }).finally(() => text.status(''));
}
