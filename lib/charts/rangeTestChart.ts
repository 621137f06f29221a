/**
 * The loss over the learning rate, as a range test found it.
 */
import type { RangeTest } from '../training/learningRateRangeTest';
import type { Figure } from './figure';
import { COLORS, themed } from './theme';

/** Each step's loss, and their moving mean, over a logarithmic axis of learning rates. */
export function rangeTestChart({ learningRates, losses, smoothedLosses }: RangeTest): Figure {
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
