/**
 * Images with the places that speak for a class.
 */
import { checkForm, checkImage, type Form } from '../../checks';
import { ChartError } from '../../errors';
import type { Image } from '../../image/image';
import { resizeImage } from '../../image/resizeImage';
import type { GradCam } from '../../prediction/gradCam';
import { imageFrom } from '../drawing/pixels';
import type { Figure } from '../figure';
import { type ImageRow, imageRows } from './imageRows';

const COLUMNS = 6;
const SIDE = 105;
/** How much of a pixel is the place's color. */
const SHARE = 0.55;
/** From 0 to 1: colors whose brightness rises evenly, of matplotlib's `viridis`. */
const COLORS = [
  [68, 1, 84],
  [59, 82, 139],
  [33, 145, 140],
  [94, 201, 98],
  [253, 231, 37],
];

const FORM: Form = [
  { image: {}, className: 'string', layer: 'string', height: 'number', width: 'number', values: 'numbers' },
];

/**
 * Draws each image as the network sees it, square, and below it the same with the places that speak for the class: the yellower, the more.
 *
 * @param found what `gradCam` returns, once or for several images
 */
export function gradCamChart(found: GradCam | readonly GradCam[]): Figure {
  const cams = Array.isArray(found) ? (found as readonly GradCam[]) : [found as GradCam];
  checkForm('found', cams, FORM, 'Give what `gradCam` returns.', ChartError);
  if (cams.length === 0) throw new ChartError('There is nothing to show.', 'Give what `gradCam` returns.');
  const rows: ImageRow[] = [];
  for (let first = 0; first < cams.length; first += COLUMNS) {
    const shown = cams.slice(first, first + COLUMNS);
    for (const { image } of shown) checkImage(image);
    const images = shown.map(({ image }) => resizeImage(image, SIDE, SIDE));
    rows.push({ label: 'image', images, titles: shown.map(({ className }) => className) });
    rows.push({
      label: `what counts<br>in ${shown[0].layer}`,
      images: images.map((image, i) => colored(image, shown[i])),
    });
  }
  return imageRows(rows, {
    title: 'Grad-CAM',
    subtitle: 'what speaks for the class above: yellow most, purple least',
    side: SIDE,
  });
}

/** An image in gray, with the color of each place over it. */
function colored(image: Image, { height, width, values }: GradCam): Image {
  const bytes = Uint8Array.from(values, (value) => Math.round(255 * value));
  const places = resizeImage(imageFrom(bytes, [height, width, 1]), image.width, image.height).data;
  const data = image.data.map((_, i) => {
    const pixel = i - (i % 3);
    const gray = (image.data[pixel] + image.data[pixel + 1] + image.data[pixel + 2]) / 3;
    const at = (places[pixel] / 255) * (COLORS.length - 1);
    const [lower, upper] = [COLORS[Math.floor(at)], COLORS[Math.ceil(at)]];
    const color = lower[i % 3] + (at % 1) * (upper[i % 3] - lower[i % 3]);
    return Math.round((1 - SHARE) * gray + SHARE * color);
  });
  return { width: image.width, height: image.height, data };
}
