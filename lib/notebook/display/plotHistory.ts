/**
 * The curves of a training run below the cell.
 */
import { accuracyChart, learningRateChart, lossChart } from '../../charts/historyCharts';
import type { History } from '../../training/history';
import { show } from './show';

/**
 * Shows loss, accuracy and learning rate over the epochs, a chart each, as the article's `plot_history`.
 *
 * @throws ConfigError when the history has no epoch.
 */
export async function plotHistory(history: History): Promise<void> {
  for (const chart of [lossChart, accuracyChart, learningRateChart]) await show(chart(history));
}
