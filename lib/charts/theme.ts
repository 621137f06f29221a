/**
 * How all charts look: one font, one set of colors, one frame.
 */
import { showAs } from '../showAs';
import { FONT_FAMILY } from './drawing/fonts';
import type { Figure, FigureLayout } from './figure';

/**
 * Colours that people with any kind of color vision tell apart.
 * Source: Okabe and Ito, "Color Universal Design", 2008.
 */
export const COLORS = {
  blue: '#0072B2',
  orange: '#E69F00',
  green: '#009E73',
  vermillion: '#D55E00',
  sky: '#56B4E9',
  purple: '#CC79A7',
  ink: '#24292F',
  grey: '#6E7781',
  line: '#D8DEE4',
  pale: '#F6F8FA',
  // Darker than the above, for small text on white; what they say is said by a sign as well.
  right: '#007355',
  wrong: '#C8102E',
} as const;

/** The font of all text; Verdana has nearly its widths, where a browser lacks it. */
export const FONT = `${FONT_FAMILY}, Verdana, sans-serif`;

/** Width of a chart in CSS pixels: what a notebook's page leaves for an output. */
export const CHART_WIDTH = 800;

const axis = {
  gridcolor: COLORS.line,
  linecolor: COLORS.grey,
  showline: true,
  ticks: 'outside',
  tickcolor: COLORS.grey,
  zeroline: false,
  automargin: true,
  title: { font: { size: 14 }, standoff: 12 },
};

const template = {
  layout: {
    font: { family: FONT, size: 13, color: COLORS.ink },
    title: {
      x: 0,
      xref: 'paper',
      xanchor: 'left',
      font: { size: 17 },
      subtitle: { font: { color: COLORS.grey } },
    },
    // White behind everything: dark text stays readable on a dark page.
    paper_bgcolor: 'white',
    plot_bgcolor: 'white',
    margin: { l: 70, r: 30, t: 76, b: 64 },
    xaxis: axis,
    yaxis: axis,
    legend: { orientation: 'h', x: 1, xanchor: 'right', y: 1.02, yanchor: 'bottom' },
    hoverlabel: { font: { family: FONT } },
  },
};

/**
 * A figure in the common look.
 *
 * @param layout Plotly's settings, over those of the look; sizes in CSS pixels.
 */
export function themed(data: object[], layout: Partial<FigureLayout> & { height: number }): Figure {
  return showAs<Figure>({ data, layout: { template, width: CHART_WIDTH, ...layout } }, { full: figureText });
}

function figureText({ layout: { title, width, height } }: Figure): string {
  const name = title?.text ? `Figure '${title.text}'` : 'Figure';
  return `${name} of ${width}×${height} pixels: \`await show(figure)\` draws it.`;
}
