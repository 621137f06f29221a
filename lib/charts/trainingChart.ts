/**
 * Loss and accuracy of a run that is still going on, side by side.
 */
import { type History, testedOn } from '../training/history';
import type { Figure } from './figure';
import { curve, epochAxis, TEST, TRAIN, testedName } from './historyCurves';
import { themed } from './theme';

/**
 * Loss and accuracy over the epochs of a run, with space for those to come.
 *
 * @param epochs of the whole run
 */
export function trainingChart(history: History, epochs: number): Figure {
  const last = history.epochs[history.epochs.length - 1];
  const left = { xaxis: 'x', yaxis: 'y' };
  const right = { xaxis: 'x2', yaxis: 'y2', showlegend: false };
  return themed(
    [
      { ...curve(history, 'Training set', TRAIN, (record) => record.trainLoss, '.4f'), ...left },
      { ...curve(history, testedName(history), TEST, (record) => record.testLoss, '.4f'), ...left },
      { ...curve(history, 'Training set', TRAIN, (record) => 100 * record.trainAccuracy, '.2f'), ...right },
      {
        ...curve(history, testedName(history), TEST, (record) => 100 * record.testAccuracy, '.2f'),
        ...right,
      },
    ],
    {
      height: 340,
      title: {
        text: `Epoch ${last.epoch} of ${epochs}`,
        subtitle: { text: `${(100 * last.testAccuracy).toFixed(2)} % of the ${testedOn(last).set} right` },
      },
      xaxis: { ...epochAxis(epochs, 10), domain: [0, 0.44] },
      xaxis2: { ...epochAxis(epochs, 10), domain: [0.56, 1], anchor: 'y2' },
      yaxis: { title: { text: 'Mean cross-entropy (nats)' }, rangemode: 'tozero' },
      yaxis2: { title: { text: 'Correct images (%)' }, anchor: 'x2' },
      hovermode: 'x unified',
    },
  );
}
