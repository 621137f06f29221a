/**
 * An image at the size that a network looks at.
 */
import { checkChoice, checkImage, checkPositiveInteger } from '../checks';
import { type Image, imageOf } from './image';

/** What to do with an image whose sides are in another proportion than the network's input. */
export type Fit =
  /** Squash it: all of it stays to be seen, its proportions change. What the article does. */
  | 'fill'
  /** Cut off its longer sides, as much on both: its proportions stay, its rim is lost. */
  | 'cover';

/** A stretch of pixels with the weight of each, which sum to 1. */
interface Window {
  readonly start: number;
  readonly weights: Float64Array;
}

/**
 * Which pixels of a row or column each pixel of the result is the mean of: those under a triangle that reaches to the middle
 * of the result's next pixels, or to the next pixel of the image where that is further.
 *
 * @param size of the image, in pixels, of which `length` in its middle are used.
 */
function windows(size: number, length: number, result: number): Window[] {
  const scale = length / result;
  const reach = Math.max(scale, 1);
  return Array.from({ length: result }, (_, i) => {
    const middle = (size - length) / 2 + (i + 0.5) * scale;
    const start = Math.max(0, Math.floor(middle - reach + 0.5));
    const end = Math.min(size, Math.floor(middle + reach + 0.5));
    const weights = Float64Array.from({ length: end - start }, (_, j) =>
      Math.max(0, 1 - Math.abs(start + j + 0.5 - middle) / reach),
    );
    const sum = weights.reduce((total, weight) => total + weight, 0);
    return { start, weights: weights.map((weight) => weight / sum) };
  });
}

/**
 * Resizes an image, with antialiasing: a pixel of the result is a weighted mean of all pixels it covers. The weights are a
 * triangle's, as in Pillow's `resize` with BILINEAR, which the article's `transforms.Scale` calls.
 *
 * @param image one of the size asked for comes back as it is.
 * @param fit default `fill`, as in the article.
 * @throws ImageError when the picture's data don't fit its size; ConfigError for a size that isn't a positive integer.
 */
export function resizeImage(image: Image, width: number, height: number, fit: Fit = 'fill'): Image {
  checkImage(image);
  checkPositiveInteger('width', width);
  checkPositiveInteger('height', height);
  checkChoice('fit', fit, ['fill', 'cover']);
  const { width: oldWidth, height: oldHeight, data: pixels } = image; // [oldHeight, oldWidth, 3]
  if (oldWidth === width && oldHeight === height) return image;
  const cover = fit === 'cover';
  const columns = windows(
    oldWidth,
    cover ? Math.min(oldWidth, (oldHeight * width) / height) : oldWidth,
    width,
  );
  const rows = windows(
    oldHeight,
    cover ? Math.min(oldHeight, (oldWidth * height) / width) : oldHeight,
    height,
  );

  const narrow = new Float32Array(oldHeight * width * 3); // [oldHeight, width, 3]
  for (let y = 0, to = 0; y < oldHeight; y++) {
    for (const { start, weights } of columns) {
      for (let channel = 0; channel < 3; channel++, to++) {
        let at = (y * oldWidth + start) * 3 + channel;
        let sum = 0;
        for (let j = 0; j < weights.length; j++, at += 3) sum += weights[j] * pixels[at];
        narrow[to] = sum;
      }
    }
  }
  const data = new Uint8Array(height * width * 3); // [height, width, 3]
  const rowLength = width * 3;
  rows.forEach(({ start, weights }, y) => {
    for (let x = 0; x < rowLength; x++) {
      let sum = 0;
      for (let j = 0; j < weights.length; j++) sum += weights[j] * narrow[(start + j) * rowLength + x];
      data[y * rowLength + x] = Math.round(sum);
    }
  });
  return imageOf(width, height, data);
}
