/**
 * Where a network keeps its parameters, and where it spends its time.
 */
import { checkForm, type Form } from '../checks';
import { ChartError } from '../errors';
import type { Summary } from '../models/summary';
import type { Figure } from './figure';
import { COLORS, themed } from './theme';

/** A network's layers with what each costs: a `Summary`, or what has as much of one. */
export type LayerCosts = Pick<Summary, 'rows' | 'parameters' | 'multiplyAdds'>;

const FORM: Form = {
  rows: [{ name: 'string', outputShape: 'numbers', parameters: 'number', multiplyAdds: 'number' }],
  parameters: 'number',
  multiplyAdds: 'number',
};

/** Two bars a convolution or linear layer, one above the other: its parameters, and its multiplications with their additions. */
export function layerCostChart(costs: LayerCosts): Figure {
  const fix = 'Give what `summary` returns.';
  const { rows, parameters, multiplyAdds } = checkForm('costs', costs, FORM, fix, ChartError);
  const layers = rows.filter((row) => row.multiplyAdds > 0);
  const [total, operations] = [parameters, multiplyAdds].map((n) => n.toLocaleString('en-US'));
  const bars = (values: number[], unit: string, color: string, axis: object): object => ({
    type: 'bar',
    x: layers.map(({ name }) => name),
    y: values,
    marker: { color },
    customdata: layers.map(({ outputShape }) => outputShape.slice(1).join('×')),
    hovertemplate: `%{x}, output %{customdata}<br>%{y:,} ${unit}<extra></extra>`,
    ...axis,
  });
  return themed(
    [
      bars(
        layers.map((row) => row.parameters),
        'parameters',
        COLORS.blue,
        {},
      ),
      bars(
        layers.map((row) => row.multiplyAdds),
        'multiply-adds',
        COLORS.orange,
        { yaxis: 'y2' },
      ),
    ],
    {
      height: 520,
      title: {
        text: 'What each layer costs',
        subtitle: { text: `${total} parameters; ${operations} multiply-adds for one image` },
      },
      showlegend: false,
      xaxis: {
        title: { text: 'Layer, in the order of computation' },
        anchor: 'y2',
        showgrid: false,
        tickangle: -60,
        tickfont: { size: 12 },
      },
      yaxis: { title: { text: 'Parameters' }, domain: [0.54, 1] },
      yaxis2: { title: { text: 'Multiply-adds' }, domain: [0, 0.46] },
    },
  );
}
