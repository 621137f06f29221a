/**
 * How far a network's confidence can be believed.
 */
import { checkForm, type Form } from '../checks';
import { ChartError } from '../errors';
import type { Calibration } from '../training/calibration';
import type { Figure } from './figure';
import { COLORS, themed } from './theme';

const FORM: Form = {
  bins: [{ from: 'number', to: 'number', count: 'number', confidence: 'number', accuracy: 'number' }],
  confidence: 'number',
  accuracy: 'number',
  expectedCalibrationError: 'number',
};

/**
 * The reliability diagram: above, how many images were predicted with which confidence; below, the share of them that was right. In
 * a well calibrated network the bars end on the diagonal; bars that end above it were right more often than the network believed.
 *
 * @see Guo et al. 2017, "On Calibration of Modern Neural Networks", figure 1
 */
export function reliabilityDiagram(calibration: Calibration): Figure {
  const fix = 'Give what `calibration` returns.';
  const { bins, confidence, accuracy, expectedCalibrationError } = checkForm(
    'calibration',
    calibration,
    FORM,
    fix,
    ChartError,
  );
  const images = bins.reduce((sum, { count }) => sum + count, 0);
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  const bars = (values: (number | null)[], color: string, settings: object): object => ({
    type: 'bar',
    x: bins.map(({ from, to }) => 50 * (from + to)),
    y: values,
    width: bins.map(({ from, to }) => 96 * (to - from)),
    marker: { color },
    customdata: bins.map(({ from, to, count }) => [percent(from), percent(to), count]),
    ...settings,
  });
  return themed(
    [
      bars(
        bins.map(({ count }) => (100 * count) / images),
        COLORS.grey,
        {
          yaxis: 'y2',
          showlegend: false,
          hovertemplate: '%{customdata[0]} to %{customdata[1]}: %{customdata[2]} images<extra></extra>',
        },
      ),
      bars(
        bins.map((bin) => (bin.count > 0 ? 100 * bin.accuracy : null)),
        COLORS.blue,
        { name: 'accuracy', hovertemplate: '%{y:.1f} % of %{customdata[2]} images right<extra></extra>' },
      ),
      {
        type: 'scatter',
        mode: 'lines',
        name: 'perfect calibration',
        x: [0, 100],
        y: [0, 100],
        line: { color: COLORS.vermillion, width: 2, dash: 'dash' },
        hoverinfo: 'skip',
      },
    ],
    {
      height: 560,
      title: {
        text: 'Reliability diagram',
        subtitle: {
          text: `mean confidence ${percent(confidence)}, accuracy ${percent(accuracy)}; expected calibration error ${percent(expectedCalibrationError)}`,
        },
      },
      barmode: 'overlay',
      legend: { x: 0.01, xanchor: 'left', y: 0.68, yanchor: 'top', orientation: 'v' },
      xaxis: { title: { text: 'Confidence (%)' }, range: [0, 100], dtick: 10, showgrid: false },
      yaxis: { title: { text: 'Correct images (%)' }, domain: [0, 0.7], range: [0, 100], dtick: 20 },
      yaxis2: { title: { text: 'Images (%)' }, domain: [0.77, 1], rangemode: 'tozero' },
    },
  );
}
