/**
 * The loss over the learning rate, as a range test found it.
 */
import { checkForm, type Form } from '../checks';
import { ChartError } from '../errors';
import type { RangeTest } from '../training/learningRateRangeTest';
import type { Figure } from './figure';
import { COLORS, themed } from './theme';

const FORM: Form = { learningRates: ['number'], losses: ['number'], smoothedLosses: ['number'] };

/** Each step's loss, and their moving mean, over a logarithmic axis of learning rates. */
export function rangeTestChart(test: RangeTest): Figure {
  const fix = 'Give what `learningRateRangeTest` returns.';
  const { learningRates, losses, smoothedLosses } = checkForm('test', test, FORM, fix, ChartError);
  if (losses.length === 0) throw new ChartError('The range test has no step to draw.', fix);
  const lowest = smoothedLosses.indexOf(Math.min(...smoothedLosses));
  const curve = (name: string, y: number[], style: object): object => ({
    type: 'scatter',
    name,
    x: learningRates,
    y,
    hovertemplate: 'learning rate %{x:.2g}: %{y:.3f}',
    ...style,
  });
  return themed(
    [
      curve('each step', losses, { mode: 'markers', marker: { color: COLORS.sky, size: 6 } }),
      curve('moving mean', smoothedLosses, { mode: 'lines', line: { color: COLORS.blue, width: 2.5 } }),
    ],
    {
      height: 420,
      title: {
        text: 'Learning-rate range test',
        subtitle: {
          text: `${losses.length} steps; the moving mean is lowest at a learning rate of ${learningRates[lowest].toPrecision(2)}`,
        },
      },
      xaxis: { title: { text: 'Learning rate' }, type: 'log', dtick: 1, tickformat: '~g' },
      yaxis: { title: { text: 'Cross-entropy of the batch (nats)' } },
    },
  );
}
