/**
 * A figure as an image: Plotly draws it as SVG, resvg paints that, sharp packs it.
 */
import { checkForm, checkNumber } from '../../checks';
import { ChartError } from '../../errors';
import type { Figure, FigureLike } from '../figure';
import { plainFigure, side } from '../plainFigure';
import { stillPicture } from './stillPicture';

/** Size of the image. */
export interface PngOptions {
  /** CSS pixels; the figure's own width unless given. */
  width?: number;
  /** CSS pixels; the figure's own height unless given. */
  height?: number;
  /** Pixels of the PNG per CSS pixel. Default 2, sharp on dense screens. */
  scale?: number;
}

/** Most pixels of an image: 400 MB before it is packed. */
const MOST_PIXELS = 1e8;

/**
 * Draws a figure as a PNG, without a browser.
 *
 * @returns the bytes of the PNG file, of `scale * width` by `scale * height` pixels.
 * @throws ChartError where it is no figure, holds what a chart can't show, has no still image (3D charts, charts that need WebGL, and
 * maps have none), or takes longer than 40 seconds
 * @throws ConfigError where scale isn't a number above 0, or the image has more than 100 million pixels
 */
export async function figureToPng(figure: FigureLike, options: PngOptions = {}): Promise<Uint8Array> {
  checkForm('options', options, {}, 'Give for example { scale: 2 }.', ChartError);
  const drawn = await plainFigureToPng(plainFigure(figure), options);
  if ('png' in drawn) return drawn.png;
  throw new ChartError(
    `This figure has no still image: ${drawn.missing}.`,
    'Show it in a notebook with show(figure): there it is drawn by the browser.',
  );
}

/** The PNG of a figure that is known to be plain, or why there is none. */
export async function plainFigureToPng(
  { data, layout }: Figure,
  { width = layout.width, height = layout.height, scale = 2 }: PngOptions = {},
): Promise<{ png: Uint8Array } | { missing: string }> {
  const size = { width: side('width', width), height: side('height', height) };
  checkNumber('scale', scale, 0.01, Math.sqrt(MOST_PIXELS / (width * height)));
  const drawn = await stillPicture({ figure: { data, layout: { ...layout, ...size } }, scale });
  if ('missing' in drawn) return drawn;
  const { default: sharp } = await import('sharp');
  // sharp's compression halves what resvg would write.
  const png = await sharp(drawn.pixels, { raw: { width: drawn.width, height: drawn.height, channels: 4 } })
    .removeAlpha()
    .png({ compressionLevel: 9 })
    .toBuffer();
  return { png };
}
