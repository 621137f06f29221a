/**
 * How sure a network is of one image.
 */
import { checkForm, type Form } from '../checks';
import { ChartError } from '../errors';
import type { Prediction } from '../prediction/prediction';
import type { Figure } from './figure';
import { COLORS, themed } from './theme';

/** What a network says of one image: a `Prediction`, or what has as much of one. */
export type ClassProbabilities = Pick<Prediction, 'classNames' | 'probabilities' | 'classIndex'>;

const FORM: Form = { classNames: ['string'], probabilities: ['number'], classIndex: 'number' };

/** A bar a class: its probability in percent, the predicted class in another color. */
export function probabilityChart(prediction: ClassProbabilities): Figure {
  const fix = 'Give what `predictImage` returns.';
  const { classNames, probabilities, classIndex } = checkForm(
    'prediction',
    prediction,
    FORM,
    fix,
    ChartError,
  );
  const percents = probabilities.map((probability) => 100 * probability);
  return themed(
    [
      {
        type: 'bar',
        orientation: 'h',
        x: percents,
        y: classNames,
        text: percents.map((percent, index) =>
          index === classIndex ? `<b>${inPercent(percent)}</b>` : inPercent(percent),
        ),
        textposition: 'outside',
        marker: { color: percents.map((_, index) => (index === classIndex ? COLORS.blue : COLORS.sky)) },
        hovertemplate: '%{y}: %{x:.4f} %<extra></extra>',
        cliponaxis: false,
      },
    ],
    {
      height: 380,
      margin: { t: 56 },
      title: { text: `Predicted: ${classNames[classIndex]}` },
      xaxis: { title: { text: 'Probability (%)' }, range: [0, 110], tickvals: [0, 20, 40, 60, 80, 100] },
      yaxis: { autorange: 'reversed', showgrid: false, ticks: '' },
    },
  );
}

function inPercent(percent: number): string {
  return percent < 0.01 ? '< 0.01 %' : `${percent.toFixed(2)} %`;
}
