/**
 * Shows a figure below the cell.
 */
import type { Figure } from '../charts/figure';
import { figureToPng } from '../charts/figureToPng';
import { cellOutput, type DisplayData } from './kernel';

/** The type of a figure that a program can draw. */
export const PLOTLY = 'application/vnd.plotly.v1+json';

/**
 * Shows a figure in a notebook, as one output in three forms: interactive where the reader's program can draw Plotly's
 * figures, else a picture, else a line of text. Outside a notebook it prints that line.
 */
export async function show(figure: Figure): Promise<void> {
  // Asked before the drawing, so that the output stays with the cell that called, whatever runs meanwhile.
  const write = cellOutput();
  if (write) write(await displayData(figure), false);
  else console.log(describe(figure));
}

/**
 * A figure in three forms.
 *
 * @param id with it, the output can be written over
 */
export async function displayData(figure: Figure, id?: string): Promise<DisplayData> {
  const { data, layout } = figure;
  // JupyterLab's renderer shows it, pixel by pixel, until the mouse enters and the chart comes to life in its place.
  const png = await figureToPng(figure, { scale: 1 });
  return {
    data: {
      [PLOTLY]: { data, layout },
      'image/png': Buffer.from(png).toString('base64'),
      'text/plain': describe(figure),
    },
    metadata: { 'image/png': { width: layout.width, height: layout.height } },
    transient: id === undefined ? {} : { display_id: id },
  };
}

/** A figure in a line: its title and what stands below it. */
function describe({ layout }: Figure): string {
  const { text, subtitle } = layout.title ?? {};
  return [text || 'Figure', ...(subtitle ? [subtitle.text] : [])].join(': ');
}
