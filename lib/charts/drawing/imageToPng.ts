/**
 * An image as a PNG of a size to look at.
 */
import { createCanvas } from '@napi-rs/canvas';
import type { Image } from '../../image/image';
import { toCanvas } from './pixels';

/** Longest side in pixels: of a photo made smaller, and about that of a tiny image made larger. */
const LARGE = 400;
const SMALL = 192;

/** A PNG, and its size in pixels. */
export interface Png {
  bytes: Uint8Array;
  width: number;
  height: number;
}

/** Encodes an image: a large one made smaller, smoothly; a tiny one magnified a whole number of times, without blur. */
export function imageToPng(image: Image): Png {
  const longest = Math.max(image.width, image.height);
  const scale = longest > LARGE ? LARGE / longest : Math.max(1, Math.floor(SMALL / longest));
  const [width, height] = [image.width, image.height].map((side) => Math.max(1, Math.round(side * scale)));
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  context.imageSmoothingEnabled = scale < 1;
  context.imageSmoothingQuality = 'high';
  context.drawImage(toCanvas(image), 0, 0, width, height);
  return { bytes: canvas.encodeSync('png'), width, height };
}
