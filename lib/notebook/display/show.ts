/**
 * Shows a figure below the cell.
 */

import { plainFigureToPng } from '../../charts/drawing/figureToPng';
import type { Figure, FigureLike } from '../../charts/figure';
import { type PlainFigure, plainFigure } from '../../charts/plainFigure';
import { cellOutput, type DisplayData } from '../kernel/kernel';

/** The type of a figure that a program can draw. */
export const PLOTLY = 'application/vnd.plotly.v1+json';

/**
 * Shows a figure in a notebook, as one output in three forms: interactive where the reader's program can draw Plotly's
 * figures, else an image, else a line of text. A chart that can't be drawn without a browser (3D, WebGL, maps), or takes longer than 40
 * seconds, has no image, and its line says so. Outside a notebook `show` prints that line.
 *
 * @throws ChartError where it is no figure, or holds what a chart can't show
 */
export async function show(figure: FigureLike): Promise<void> {
  // Asked before the drawing, so that the output stays with the cell that called, whatever runs meanwhile.
  const write = cellOutput();
  const plain = plainFigure(figure);
  if (write) write(await displayData(plain), false);
  else console.log(describe(plain));
}

/**
 * A figure in three forms, or in two, without an image.
 *
 * @param id with it, the output can be written over
 */
export async function displayData(figure: PlainFigure, id?: string): Promise<DisplayData> {
  const { width, height } = figure.layout;
  // JupyterLab's renderer shows it, pixel by pixel, until the mouse enters and the chart comes to life in its place.
  const drawn = await plainFigureToPng(figure, { scale: 1 });
  const transient = id === undefined ? {} : { display_id: id };
  if ('missing' in drawn) {
    const text = `${describe(figure)} (no still image: ${oneLine(drawn.missing)})`;
    return { data: { [PLOTLY]: figure, 'text/plain': text }, metadata: {}, transient };
  }
  return {
    data: {
      [PLOTLY]: figure,
      'image/png': Buffer.from(drawn.png).toString('base64'),
      'text/plain': describe(figure),
    },
    metadata: { 'image/png': { width, height } },
    transient,
  };
}

/** A figure in a line: its title and what stands below it. */
function describe({ layout }: Figure): string {
  const { text, subtitle } = layout.title ?? {};
  return [text || 'Figure', ...(subtitle ? [subtitle.text] : [])].join(': ');
}

const oneLine = (text: string): string => text.replace(/\s+/g, ' ').slice(0, 200);
