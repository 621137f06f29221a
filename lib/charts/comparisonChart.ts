/**
 * The curves of several training runs in one chart.
 */
import { checkChoice } from '../checks';
import { type Comparison, compareRuns, type RunRecords } from '../training/compareRuns';
import type { Figure } from './figure';
import { epochAxis } from './historyCurves';
import { COLORS, themed } from './theme';

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
