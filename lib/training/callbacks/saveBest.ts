/**
 * Saves the network of the best epoch.
 */
import { checkForm, filePath } from '../../checks';
import { ConfigError } from '../../errors';
import { saveModel } from '../../models/files/saveModel';
import { type Callback, checkMonitor, isBetter, type Monitor, worst } from './callback';

/** What `saveBest` takes. */
export interface SaveBestOptions {
  /** What the best is the best by. Default `testAccuracy`. */
  monitor?: Monitor;
}

/**
 * A callback that saves the network after each epoch that is the best so far, for `loadModel`, as Keras's `ModelCheckpoint` with
 * `save_best_only`.
 *
 * @param path the folder to save it to
 * @throws ConfigError for a monitor that there isn't
 */
export function saveBest(path: string | URL, options: SaveBestOptions = {}): Callback {
  const { monitor = 'testAccuracy' } = checkForm(
    'options',
    options,
    {},
    "Give for example { monitor: 'testLoss' }.",
  );
  checkMonitor(monitor);
  const folder = filePath(path, ConfigError);
  let best = worst(monitor);
  return {
    name: `saveBest ${folder}`,
    async epoch(record, { net }) {
      if (!isBetter(monitor, record[monitor], best)) return;
      await saveModel(net, folder);
      best = record[monitor];
    },
    stateDict: () => ({ values: { best: Number.isFinite(best) ? best : null } }),
    loadStateDict({ values }) {
      best = typeof values.best === 'number' ? values.best : worst(monitor);
    },
  };
}
