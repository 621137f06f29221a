/**
 * How well a network knows each class.
 */
import { checkForm, type Form } from '../checks';
import { ChartError } from '../errors';
import type { Evaluation } from '../training/evaluate';
import type { Figure } from './figure';
import { COLORS, themed } from './theme';

/** What a network reached on each class and on all: an `Evaluation`, or what has as much of one. */
export type PerClassResult = Pick<Evaluation, 'perClass' | 'accuracy'>;

const FORM: Form = {
  perClass: [{ className: 'string', correct: 'number', total: 'number', accuracy: 'number' }],
  accuracy: 'number',
};

/** A bar a class: the share of its images that were predicted right, in percent, and a line for all images. */
export function perClassChart(result: PerClassResult): Figure {
  const { perClass, accuracy } = checkForm(
    'result',
    result,
    FORM,
    'Give what `evaluate` returns.',
    ChartError,
  );
  const images = perClass.reduce((sum, { total }) => sum + total, 0);
  const overall = 100 * accuracy;
  return themed(
    [
      {
        type: 'bar',
        x: perClass.map(({ className }) => className),
        y: perClass.map((entry) => 100 * entry.accuracy),
        text: perClass.map((entry) => (entry.total > 0 ? (100 * entry.accuracy).toFixed(1) : 'no image')),
        // At the bars' feet, where no line strikes them through.
        textposition: 'auto',
        insidetextanchor: 'start',
        textangle: 0,
        marker: { color: COLORS.blue },
        customdata: perClass.map(({ correct, total }) => [correct, total]),
        hovertemplate: '%{x}: %{customdata[0]} of %{customdata[1]} right<extra></extra>',
        cliponaxis: false,
      },
    ],
    {
      height: 420,
      title: {
        text: 'Accuracy per class',
        subtitle: {
          text: `dashed: all ${images.toLocaleString('en-US')} images, ${overall.toFixed(2)} %`,
        },
      },
      xaxis: { title: { text: 'True class' }, showgrid: false },
      yaxis: { title: { text: 'Correct images (%)' }, range: [0, 105], tickvals: [0, 20, 40, 60, 80, 100] },
      shapes: [
        {
          type: 'line',
          xref: 'paper',
          x0: 0,
          x1: 1,
          y0: overall,
          y1: overall,
          line: { color: COLORS.vermillion, width: 2, dash: 'dash' },
        },
      ],
    },
  );
}
