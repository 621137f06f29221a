/**
 * Training that shows itself and can be interrupted: what a notebook or a program calls.
 */
import type { DataLoader } from '../data/dataLoader';
import type { TensorFlow } from '../engine/runtime/tensorflow';
import type { TrainEvent } from '../training/events';
import type { History } from '../training/history';
import { train as trainSilently } from '../training/train';
import type { TrainOptions } from '../training/trainOptions';
import { liveCurves } from './display/liveCurves';
import { liveReporter } from './display/liveReporter';
import { liveText } from './display/liveText';
import { untilStopped } from './kernel/interrupt';

/** What `train` takes here: also whether to show the run. */
export interface ShownTrainOptions extends TrainOptions {
  /** Whether to show the run while it lasts. Default: unless `onProgress` is given. */
  display?: boolean;
}

/**
 * Trains a network, tests it after each epoch, and shows how far it is: a bar within the epoch, a line for each, and in a notebook
 * the curves so far. "Interrupt Kernel" there, Ctrl-C or SIGTERM elsewhere, end the run after the step under way: it is saved where
 * `savePath` says, and in a notebook the cell ends with the history so far.
 *
 * @param net `[n, h, w, c]` → logits `[n, classes]`, or probabilities where it ends in softmax
 * @param options `display: false` shows nothing
 * @returns the whole epochs that were trained, fewer than were asked for where the run was stopped
 * @throws ConfigError for settings that can't work
 * @throws DivergenceError when the loss is no longer finite; the network is then as it was before that step
 * @throws ModelError where the network doesn't fit the data, ends in sigmoid and the criterion is `crossEntropy`, or can't be saved
 * @throws DataError where the loaders' class names or normalizations differ, or aren't those that `networkInfo` knows from an earlier training
 */
export async function train(
  net: TensorFlow.LayersModel,
  trainLoader: DataLoader,
  testLoader: DataLoader,
  options: ShownTrainOptions,
): Promise<History> {
  const text = liveText();
  const curves = liveCurves();
  const report = liveReporter(text);
  const show = (event: TrainEvent): void => {
    report(event);
    curves.listen(event);
  };
  const { onProgress = () => {}, display = options?.onProgress === undefined, ...rest } = options ?? {};
  const listen = (event: TrainEvent): void => {
    if (display) show(event);
    onProgress(event);
  };
  try {
    return await untilStopped(
      (signal) =>
        trainSilently(
          net,
          trainLoader,
          testLoader,
          options && { ...rest, onProgress: typeof onProgress === 'function' ? listen : onProgress, signal },
        ),
      options?.signal,
    );
  } finally {
    text.status('');
    await curves.end();
  }
}
