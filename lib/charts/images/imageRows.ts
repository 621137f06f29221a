/**
 * Small images of any sizes in rows, all drawn equally large.
 */
import { createCanvas } from '@napi-rs/canvas';
import type { Image } from '../../image/image';
import { toCanvas } from '../drawing/pixels';
import type { Figure } from '../figure';
import { CHART_WIDTH, themed } from '../theme';

/** Images side by side, with a word or two at their left. */
export interface ImageRow {
  label: string;
  images: readonly Image[];
  /** What stands above each image. */
  titles?: readonly string[];
}

/** What a grid looks like. */
export interface ImageRowsOptions {
  title: string;
  subtitle: string;
  /** Side of an image in CSS pixels: best a multiple of the images' sides, so that all their pixels come out alike. */
  side: number;
}

const GAP = 4;
const TITLE = 20; // CSS pixels above the images of a row with titles
const MARGIN = { l: 120, r: 0, t: 76, b: 12 };

/** Draws square images in rows, magnified without blur. */
export function imageRows(rows: readonly ImageRow[], { title, subtitle, side }: ImageRowsOptions): Figure {
  const pitch = side + GAP;
  let height = 0;
  const tops = rows.map(({ titles }) => {
    const top = height + (titles ? TITLE : 0);
    height = top + pitch;
    return top;
  });
  const width = CHART_WIDTH - MARGIN.l - MARGIN.r;
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.fillStyle = 'white';
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  for (const [row, { images }] of rows.entries()) {
    for (const [column, image] of images.entries()) {
      context.drawImage(toCanvas(image), column * pitch, tops[row], side, side);
    }
  }
  return themed(
    [{ type: 'image', source: canvas.toDataURL(), x0: 0.5, y0: 0.5, zsmooth: false, hoverinfo: 'skip' }],
    {
      height: height + MARGIN.t + MARGIN.b,
      margin: MARGIN,
      title: { text: title, subtitle: { text: subtitle }, x: 12 / CHART_WIDTH, xref: 'container' },
      xaxis: { visible: false, range: [0, width] },
      yaxis: {
        range: [height, 0],
        showgrid: false,
        showline: false,
        ticks: '',
        automargin: false,
        ticklabelstandoff: 6,
        tickvals: tops.map((top) => top + side / 2),
        ticktext: rows.map(({ label }) => label),
      },
      annotations: rows.flatMap(({ titles = [] }, row) =>
        titles.map((text, column) => ({
          text,
          ...{ x: column * pitch + side / 2, y: tops[row] - 2 },
          ...{ xanchor: 'center', yanchor: 'bottom', showarrow: false },
        })),
      ),
    },
  );
}
