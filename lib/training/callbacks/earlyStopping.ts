/**
 * Ends a run that no longer gets better.
 */
import { checkForm, checkNumber, checkPositiveInteger } from '../../checks';
import { readWeights, writeWeights } from '../../models/weights';
import { type Callback, checkMonitor, isBetter, type Monitor, worst } from './callback';

/** What `earlyStopping` takes; the names are Keras's. */
export interface EarlyStoppingOptions {
  /** What is to get better. Default `testLoss`. */
  monitor?: Monitor;
  /** Epochs without improvement after which the run ends. Default 3. */
  patience?: number;
  /** How much better than the best counts as an improvement. Default 0. */
  minDelta?: number;
  /** Give the network the weights of its best epoch when the run ends. Default false. */
  restoreBest?: boolean;
}

/**
 * A callback that ends the run when what it monitors hasn't got better for some epochs, as Keras's `EarlyStopping`.
 *
 * @throws ConfigError for a monitor that there isn't, and for numbers out of their range
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  const {
    monitor = 'testLoss',
    patience = 3,
    minDelta = 0,
    restoreBest = false,
  } = checkForm('options', options, {}, "Give for example { monitor: 'testLoss', patience: 3 }.");
  checkMonitor(monitor);
  checkPositiveInteger('patience', patience);
  checkNumber('minDelta', minDelta, 0);
  let [best, bestEpoch, badEpochs] = [worst(monitor), 0, 0];
  let weights: Float32Array[] = [];
  const isOver = () => badEpochs >= patience;
  const reason = () => `${monitor} hasn't got better for ${badEpochs} epochs, since epoch ${bestEpoch}.`;
  return {
    name: 'earlyStopping',
    begin(run) {
      if (isOver()) run.stop(reason());
    },
    epoch(record, run) {
      if (isBetter(monitor, record[monitor], best, minDelta)) {
        [best, bestEpoch, badEpochs] = [record[monitor], record.epoch, 0];
        if (restoreBest) weights = readWeights(run.net).map((values) => values.slice());
      } else {
        badEpochs++;
        if (isOver()) run.stop(reason());
      }
    },
    end({ net, records, message }) {
      if (!restoreBest || weights.length === 0 || bestEpoch === records.length) return;
      writeWeights(net, weights);
      message(`The network has the weights of epoch ${bestEpoch} again, the best by ${monitor}.`);
    },
    stateDict: () => ({
      values: { best: Number.isFinite(best) ? best : null, bestEpoch, badEpochs },
      arrays: weights,
    }),
    loadStateDict({ values, arrays = [] }) {
      best = typeof values.best === 'number' ? values.best : worst(monitor);
      bestEpoch = Number(values.bestEpoch) || 0;
      badEpochs = Number(values.badEpochs) || 0;
      weights = [...arrays];
    },
  };
}
