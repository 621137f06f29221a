/**
 * The three curves of a training run, as in the article's section 6.
 */
import { checkForm } from '../checks';
import { ChartError, ConfigError } from '../errors';
import { CURVES, type EpochRecord, type History, testedOn } from '../training/history';
import type { Figure } from './figure';
import { curve, epochAxis, TEST, TRAIN, testedName } from './historyCurves';
import { themed } from './theme';

const HEIGHT = 420;

/**
 * Loss on the training set and on what was tested on, over the epochs.
 *
 * @throws ConfigError when the history has no epoch.
 */
export function lossChart(history: History): Figure {
  const best = bestEpoch(history, (record) => -record.testLoss);
  return chart(
    history.epochs.length,
    [
      curve(history, 'Training set', TRAIN, (record) => record.trainLoss, '.4f'),
      curve(history, testedName(history), TEST, (record) => record.testLoss, '.4f'),
    ],
    'Loss',
    `lowest on the ${testedOn(best).set}: ${best.testLoss.toFixed(4)}, after epoch ${best.epoch}`,
    { title: { text: 'Mean cross-entropy (nats)' }, rangemode: 'tozero' },
  );
}

/**
 * Accuracy on the training set and on what was tested on, over the epochs, in percent.
 *
 * @throws ConfigError when the history has no epoch.
 */
export function accuracyChart(history: History): Figure {
  const best = bestEpoch(history, (record) => record.testAccuracy);
  return chart(
    history.epochs.length,
    [
      curve(history, 'Training set', TRAIN, (record) => 100 * record.trainAccuracy, '.2f'),
      curve(history, testedName(history), TEST, (record) => 100 * record.testAccuracy, '.2f'),
    ],
    'Accuracy',
    `highest on the ${testedOn(best).set}: ${(100 * best.testAccuracy).toFixed(2)} %, after epoch ${best.epoch}`,
    { title: { text: 'Correct images (%)' } },
  );
}

/**
 * The learning rate over the epochs.
 *
 * @throws ConfigError when the history has no epoch.
 */
export function learningRateChart(history: History): Figure {
  const rates = epochsOf(history).map((record) => record.learningRate);
  return chart(
    history.epochs.length,
    [curve(history, 'Learning rate', TRAIN, (record) => record.learningRate, '.6f')],
    'Learning rate',
    `from ${short(rates[0])} to ${short(rates[rates.length - 1])}`,
    { title: { text: 'Learning rate' }, rangemode: 'tozero', tickformat: '~g' },
  );
}

const short = (rate: number): number => Number(rate.toPrecision(3));

function epochsOf(history: History): readonly EpochRecord[] {
  checkForm(
    'history',
    history,
    { epochs: [CURVES] },
    'Give what `train` or `readHistory` returns.',
    ChartError,
  );
  if (history.epochs.length === 0) {
    throw new ConfigError('The history has no epoch to draw.', 'Train for one epoch at least, then draw it.');
  }
  return history.epochs;
}

function bestEpoch(history: History, score: (record: EpochRecord) => number): EpochRecord {
  return epochsOf(history).reduce((best, record) => (score(record) > score(best) ? record : best));
}

function chart(epochs: number, data: object[], title: string, subtitle: string, yaxis: object): Figure {
  return themed(data, {
    height: HEIGHT,
    title: { text: title, subtitle: { text: subtitle } },
    xaxis: epochAxis(epochs, 20),
    yaxis,
    hovermode: 'x unified',
  });
}
