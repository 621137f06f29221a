/**
 * Many small images side by side, each under its class name, or under what a network takes it for.
 */
import { checkForm, type Form } from '../../checks';
import type { Dataset } from '../../data/dataset';
import { ConfigError, DataError } from '../../errors';
import { resizeImage } from '../../image/resizeImage';
import { imageFrom, toCanvas } from '../drawing/pixels';
import type { Figure } from '../figure';
import { COLORS, themed } from '../theme';

/** Images with their classes: a `Dataset`, or what has as much of one. */
export type LabeledImages = Pick<Dataset, 'length' | 'imageShape' | 'labels' | 'classNames' | 'image'>;

/** What to show of the images. */
export interface ImageGridOptions {
  /** Class index that a network gives each image. Without it the titles are the class names alone. */
  predictions?: ArrayLike<number>;
  /** Probability that the network gave each of the predictions, 0..1; it stands below them. */
  confidences?: ArrayLike<number>;
  /** Most rows to fill. Default 8. */
  rows?: number;
  /** Images in a row. Default 8. */
  cols?: number;
  /** Heading of the figure. */
  title?: string;
}

/** What `LabeledImages` are made of. */
export const LABELED_IMAGES: Form = {
  length: 'number',
  imageShape: 'numbers',
  labels: 'numbers',
  classNames: ['string'],
  image: 'function',
};

const SIDE = 96; // CSS pixels of an image's longer side, or nearly so
const LINE = 18; // CSS pixels of a line of text
const GAP = 2; // image pixels between two images
const MARGIN = { l: 12, r: 12, b: 8 };

/**
 * The first images of a set in a grid: small ones magnified without blur, large ones made smaller.
 *
 * With predictions each title reads `predicted (true)`, after a green ✓ where they agree and a red ✗ where they don't; with
 * confidences, these stand between.
 * Source: the article's section 7.
 *
 * @throws ConfigError when rows or cols isn't a whole number from 1.
 * @throws DataError when there is no image, or no prediction or confidence for one of those shown.
 */
export function imageGrid(images: LabeledImages, options: ImageGridOptions = {}): Figure {
  checkForm('images', images, LABELED_IMAGES, 'Give a Dataset.', DataError);
  checkForm('options', options, {}, 'Give for example { rows: 2, cols: 8 }.');
  const { predictions, confidences, rows: maxRows = 8, cols = 8, title = '' } = options;
  if (![maxRows, cols].every((n) => Number.isInteger(n) && n >= 1)) {
    throw new ConfigError(
      `A grid can't have ${maxRows} rows and ${cols} columns.`,
      'Give whole numbers from 1.',
    );
  }
  const count = Math.min(images.length, maxRows * cols);
  if (count === 0) throw new DataError('There is no image to show.', 'Give a data set that holds some.');
  for (const [what, given] of Object.entries({ predictions, confidences })) {
    if (given && given.length < count) {
      throw new DataError(
        `${count} images are to be shown, but there are ${what} for ${given.length}.`,
        'Give one number for each image.',
      );
    }
  }

  const [rows, columns] = images.imageShape;
  const scale = Math.min(1, SIDE / Math.max(rows, columns));
  const [height, width] = [rows, columns].map((side) => Math.max(1, Math.round(side * scale)));
  const drawn = Array.from({ length: count }, (_, i) =>
    resizeImage(imageFrom(images.image(i), images.imageShape), width, height),
  );
  // CSS pixels a pixel: a whole number, so that all come out alike.
  const magnification = Math.max(1, Math.round(SIDE / Math.max(height, width)));
  const cellWidth = width + GAP;
  const titles = Array.from({ length: count }, (_, index) =>
    titleOf(images, index, predictions, confidences),
  );
  const lines = titles[0].text.split('<br>').length;
  const titleHeight = 2 + Math.ceil((LINE * lines) / magnification); // image pixels
  const cellHeight = height + titleHeight;
  const gridWidth = cols * cellWidth;
  const gridHeight = Math.ceil(count / cols) * cellHeight;
  const headingHeight = title === '' ? 4 : 44; // CSS pixels
  const left = (index: number) => (index % cols) * cellWidth + GAP / 2;
  const top = (index: number) => Math.floor(index / cols) * cellHeight + titleHeight;
  const indices = Array.from({ length: count }, (_, index) => index);

  const pixels = new Uint8Array(gridWidth * gridHeight * 3).fill(255);
  for (const index of indices) {
    const { data } = drawn[index];
    for (let row = 0; row < height; row++) {
      const line = data.subarray(row * width * 3, (row + 1) * width * 3);
      pixels.set(line, ((top(index) + row) * gridWidth + left(index)) * 3);
    }
  }

  return themed(
    [
      {
        type: 'image',
        source: toCanvas({ width: gridWidth, height: gridHeight, data: pixels }).toDataURL(),
        x0: 0.5,
        y0: 0.5,
        zsmooth: false,
        hoverinfo: 'skip',
      },
      {
        // Unseen squares over the images carry the titles and what hovering tells. They are smaller than the
        // images, because Plotly writes text above a marker in a distance that grows with it.
        type: 'scatter',
        mode: 'markers+text',
        x: indices.map((index) => left(index) + width / 2),
        y: indices.map((index) => top(index) + height / 2),
        marker: { symbol: 'square', size: (width * magnification) / 1.2, color: 'rgba(0,0,0,0)' },
        text: titles.map(({ text }) => text),
        textposition: 'top center',
        textfont: { size: 12, color: titles.map(({ color }) => color) },
        hovertext: titles.map(({ hover }) => hover),
        hoverinfo: 'text',
        cliponaxis: false,
      },
    ],
    {
      width: gridWidth * magnification + MARGIN.l + MARGIN.r,
      height: gridHeight * magnification + headingHeight + MARGIN.b,
      margin: { ...MARGIN, t: headingHeight },
      title: { text: title },
      xaxis: { visible: false, range: [0, gridWidth], constrain: 'domain' },
      yaxis: { visible: false, range: [gridHeight, 0], scaleanchor: 'x' },
      showlegend: false,
    },
  );
}

interface Title {
  text: string;
  color: string;
  hover: string;
}

function titleOf(
  images: LabeledImages,
  index: number,
  predictions?: ArrayLike<number>,
  confidences?: ArrayLike<number>,
): Title {
  const actual = images.classNames[images.labels[index]];
  if (!predictions) return { text: actual, color: COLORS.ink, hover: `image ${index}: ${actual}` };
  const predicted = images.classNames[predictions[index]];
  const right = predictions[index] === images.labels[index];
  const confidence = confidences ? `<br>${(100 * confidences[index]).toFixed(1)} %` : '';
  return {
    text: `${right ? '✓' : '✗'} ${predicted}${confidence}<br>(${actual})`,
    color: right ? COLORS.right : COLORS.wrong,
    hover: `image ${index}<br>predicted: ${predicted}${confidence}<br>true: ${actual}`,
  };
}
