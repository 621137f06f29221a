/**
 * Images laid out in the plane, each at its place.
 */
import { createCanvas } from '@napi-rs/canvas';
import { checkForm } from '../../checks';
import { ChartError } from '../../errors';
import { resizeImage } from '../../image/resizeImage';
import { imageFrom, toCanvas } from '../drawing/pixels';
import type { Figure } from '../figure';
import { CHART_WIDTH, themed } from '../theme';
import { LABELED_IMAGES, type LabeledImages } from './imageGrid';

/** What `imageMapChart` takes. */
export interface ImageMapOptions {
  /** Class index that a network gives each image; hovering tells it. */
  predictions?: ArrayLike<number>;
  /** Heading of the figure. */
  title?: string;
}

const CELLS = 48; // places for an image along each side
const SIDE = 32; // pixels of an image
const FRAME = 2; // pixels
const MARGIN = { l: 12, r: 12, t: 76, b: 48 };
/** How many places away an image may be drawn where its own is taken. */
const REACH = 8;
const WIDTH = CHART_WIDTH - MARGIN.l - MARGIN.r; // CSS pixels of the map
/** A color a class, as distinct as ten are; classes from the eleventh on take them again. */
const COLORS = [
  '#0072B2',
  '#D55E00',
  '#009E73',
  '#E69F00',
  '#CC79A7',
  '#56B4E9',
  '#8C564B',
  '#000000',
  '#B2DF22',
  '#7F4FC9',
];

/**
 * Draws images near their places in the plane, framed in the color of their class: the first at its own, and the next ones that would lie
 * on it beside it. What finds no room is left out. Zooming in makes the images larger; hovering tells their index and class.
 *
 * @param positions x and y of each image, as `umap` gives
 */
export function imageMapChart(
  images: LabeledImages,
  positions: readonly (readonly [x: number, y: number])[],
  options: ImageMapOptions = {},
): Figure {
  checkForm('images', images, LABELED_IMAGES, 'Give a Dataset.', ChartError);
  checkForm('positions', positions, ['numbers'], 'Give what `umap` returns.', ChartError);
  checkForm('options', options, {}, "Give for example { title: 'Test images' }.");
  const { predictions, title = 'Map of images' } = options;
  const given = [positions.length, predictions?.length ?? images.length];
  if (images.length === 0 || given.some((count) => count !== images.length)) {
    throw new ChartError(
      `There are ${images.length} images, ${positions.length} positions and ${predictions?.length ?? 'no'} predictions.`,
      'Give one position, and one prediction, for each image.',
    );
  }
  const cells = inCells(positions);
  const size = CELLS * SIDE;
  const canvas = createCanvas(size, size);
  const context = canvas.getContext('2d');
  context.fillStyle = 'white';
  context.fillRect(0, 0, size, size);
  const { classNames, labels } = images;
  const colorOf = (label: number) => COLORS[label % COLORS.length];
  const drawn = [...cells.keys()].filter((i) => cells[i] !== undefined);
  const leftTop = (i: number) => [(cells[i]! % CELLS) * SIDE, Math.floor(cells[i]! / CELLS) * SIDE];
  for (const i of drawn) {
    const [left, top] = leftTop(i);
    context.fillStyle = colorOf(labels[i]);
    context.fillRect(left, top, SIDE, SIDE);
    const inner = SIDE - 2 * FRAME;
    const image = resizeImage(imageFrom(images.image(i), images.imageShape), inner, inner);
    context.drawImage(toCanvas(image), left + FRAME, top + FRAME);
  }
  const said = (i: number) => (predictions ? `, taken for ${classNames[predictions[i]]}` : '');
  // Unseen squares over the images tell what hovering asks.
  const hover = {
    type: 'scatter',
    mode: 'markers',
    x: drawn.map((i) => leftTop(i)[0] + SIDE / 2),
    y: drawn.map((i) => leftTop(i)[1] + SIDE / 2),
    text: drawn.map((i) => `image ${i}: ${classNames[labels[i]]}${said(i)}`),
    hoverinfo: 'text',
    marker: { symbol: 'square', size: (WIDTH * SIDE) / size, color: 'rgba(0,0,0,0)' },
    showlegend: false,
  };
  const colors = classNames.map((name, label) => ({
    type: 'scatter',
    mode: 'markers',
    name,
    x: [null],
    y: [null],
    marker: { symbol: 'square', color: colorOf(label), size: 10 },
  }));
  const axis = { visible: false, showgrid: false, constrain: 'domain' };
  return themed(
    [
      {
        type: 'image',
        source: canvas.toDataURL('image/jpeg', 0.85),
        x0: 0.5,
        y0: 0.5,
        zsmooth: false,
        hoverinfo: 'skip',
      },
      hover,
      ...colors,
    ],
    {
      height: WIDTH + MARGIN.t + MARGIN.b,
      margin: MARGIN,
      title: {
        text: title,
        subtitle: { text: `${drawn.length} of ${images.length} images, framed in the color of their class` },
        x: MARGIN.l / CHART_WIDTH,
        xref: 'container',
      },
      xaxis: { ...axis, range: [0, size] },
      yaxis: { ...axis, range: [size, 0], scaleanchor: 'x' },
      legend: { orientation: 'h', x: 0.5, xanchor: 'center', y: 0, yanchor: 'top' },
    },
  );
}

/** The cell of each image: its own, or a free one near it. */
function inCells(positions: readonly (readonly [number, number])[]): (number | undefined)[] {
  const free = new Set(Array.from({ length: CELLS * CELLS }, (_, cell) => cell));
  const [columns, rows] = [0, 1].map((axis) => {
    const values = positions.map((position) => position[axis]);
    const least = values.reduce((a, b) => Math.min(a, b));
    const range = values.reduce((a, b) => Math.max(a, b)) - least;
    return values.map((value) => Math.round((range > 0 ? (value - least) / range : 0.5) * (CELLS - 1)));
  });
  return positions.map((_, i) => {
    const cell = nearestFree(free, columns[i], rows[i]);
    if (cell !== undefined) free.delete(cell);
    return cell;
  });
}

/** The free cell that is nearest to one, if one is in reach. */
function nearestFree(free: ReadonlySet<number>, x: number, y: number): number | undefined {
  let [found, least]: [number | undefined, number] = [undefined, Number.POSITIVE_INFINITY];
  for (let dy = -REACH; dy <= REACH; dy++) {
    for (let dx = -REACH; dx <= REACH; dx++) {
      const [column, row] = [x + dx, y + dy];
      if (column < 0 || row < 0 || column >= CELLS || row >= CELLS) continue;
      const distance = dx * dx + dy * dy;
      const cell = row * CELLS + column;
      if (distance < least && free.has(cell)) [found, least] = [cell, distance];
    }
  }
  return found;
}
