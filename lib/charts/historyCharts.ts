/**
 * The three curves of a training run, as in the article's section 6, and those of several runs side by side.
 */
import { checkChoice, checkForm } from '../checks';
import { ChartError, ConfigError } from '../errors';
import { type Comparison, compareRuns, type RunRecords } from '../training/compareRuns';
import { CURVES, type EpochRecord, type History, testedOn } from '../training/history';
import type { Figure } from './figure';
import { curve, epochAxis, TEST, TRAIN, testedName } from './historyCurves';
import { COLORS, themed } from './theme';

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

/** What `comparisonChart` draws. */
export type ComparedValue = 'trainLoss' | 'testLoss' | 'trainAccuracy' | 'testAccuracy';

const TITLES: Readonly<Record<ComparedValue, string>> = {
  trainLoss: 'Training loss (nats)',
  testLoss: 'Loss on what was tested on (nats)',
  trainAccuracy: 'Correct training images (%)',
  testAccuracy: 'Correct of the images that were tested on (%)',
};

// Dash and marker tell the curves apart where color doesn't.
const LINES = [
  COLORS.blue,
  COLORS.vermillion,
  COLORS.green,
  COLORS.purple,
  COLORS.orange,
  COLORS.sky,
  COLORS.ink,
];
const DASHES = ['solid', 'dash', 'dot', 'dashdot'];
const SYMBOLS = ['circle', 'diamond', 'square', 'cross', 'triangle-up'];

/**
 * A value of several runs over their epochs.
 *
 * @param runs by name, or what `compareRuns` gives
 * @throws ConfigError for a run without an epoch, and for a value that a record doesn't have
 */
export function comparisonChart(
  runs: Comparison | Readonly<Record<string, RunRecords>>,
  value: ComparedValue = 'testAccuracy',
): Figure {
  checkChoice('value', value, Object.keys(TITLES));
  const comparison = Array.isArray(Object(runs).runs)
    ? (runs as Comparison)
    : compareRuns(runs as Readonly<Record<string, RunRecords>>);
  const isAccuracy = value.endsWith('Accuracy');
  const epochs = Math.max(...comparison.runs.map(({ records }) => records.length));
  const curves = comparison.runs.map(({ name, records }, i) => ({
    type: 'scatter',
    mode: 'lines+markers',
    name,
    x: records.map(({ epoch }) => epoch),
    y: records.map((record) => (isAccuracy ? 100 : 1) * record[value]),
    line: { color: LINES[i % LINES.length], width: 2.5, dash: DASHES[i % DASHES.length] },
    marker: { symbol: SYMBOLS[i % SYMBOLS.length], size: 7 },
    hovertemplate: `%{y:${isAccuracy ? '.2f' : '.4f'}}`,
  }));
  return themed(curves, {
    height: 420,
    title: { text: TITLES[value] },
    xaxis: epochAxis(epochs, 20),
    yaxis: { title: { text: TITLES[value] } },
    hovermode: 'x unified',
  });
}
