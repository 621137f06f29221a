/**
 * Which classes a network takes for which.
 */
import { checkForm, type Form } from '../checks';
import { ChartError } from '../errors';
import type { Evaluation } from '../training/evaluate';
import type { Figure } from './figure';
import { COLORS, themed } from './theme';

/** How often each class was taken for each: an `Evaluation`, or what has as much of one. */
export type ConfusionResult = Pick<Evaluation, 'classNames' | 'confusion'>;

const FORM: Form = { classNames: ['string'], confusion: ['numbers'] };

/**
 * The confusion matrix as a table of numbers: a row a true class, a column a predicted one.
 *
 * Right predictions are shaded in blue and mistakes in orange, each on a scale of its own: mistakes are rare, and
 * on one scale they would all look alike.
 */
export function confusionChart(result: ConfusionResult): Figure {
  const fix = 'Give what `evaluate` returns.';
  const { classNames, confusion } = checkForm('result', result, FORM, fix, ChartError);
  const part = (onDiagonal: boolean, color: string): object => {
    const z = confusion.map((row, actual) =>
      row.map((count, predicted) => ((actual === predicted) === onDiagonal ? count : null)),
    );
    return {
      type: 'heatmap',
      z,
      x: classNames,
      y: classNames,
      text: z.map((row) => row.map((count) => (count ? String(count) : ''))),
      texttemplate: '%{text}',
      colorscale: [
        [0, 'white'],
        [1, color],
      ],
      zmin: 0,
      zmax: Math.max(1, ...z.flat().map((count) => count ?? 0)),
      showscale: false,
      xgap: 1,
      ygap: 1,
      hoverongaps: false,
      hovertemplate: 'true: %{y}<br>predicted: %{x}<br>%{z} images<extra></extra>',
    };
  };
  return themed([part(true, COLORS.blue), part(false, COLORS.vermillion)], {
    height: 640,
    title: {
      text: 'Confusion matrix',
      subtitle: { text: 'number of images; blue: right, orange: mistaken, each shaded on its own scale' },
    },
    xaxis: {
      title: { text: 'Predicted class' },
      showgrid: false,
      ticks: '',
      showline: false,
      tickfont: { size: 12 },
    },
    yaxis: {
      title: { text: 'True class' },
      autorange: 'reversed',
      showgrid: false,
      ticks: '',
      showline: false,
    },
    plot_bgcolor: COLORS.line,
  });
}
