/**
 * An image in memory.
 */

import { showAs } from '../showAs';

/** An image of 8 bits a channel, red, green, blue, row by row from the top, without alpha. */
export interface Image {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  readonly data: Uint8Array; // [height, width, 3]
}

/** An image that is printed as its size, without its pixels. */
export function imageOf(width: number, height: number, data: Uint8Array): Image {
  return showAs({ width, height, data }, { full: imageText });
}

/** What red, green and blue count for in a gray, as in ITU-R BT.601 and Pillow's `convert('L')`. */
const GRAY = [0.299, 0.587, 0.114] as const;

/** The gray of each pixel. // [height, width] */
export function toGray({ data }: Image): Uint8Array {
  return Uint8Array.from({ length: data.length / 3 }, (_, i) =>
    Math.round(GRAY[0] * data[3 * i] + GRAY[1] * data[3 * i + 1] + GRAY[2] * data[3 * i + 2]),
  );
}

/** A text such as `Image of 640×480 pixels` */
export function imageText({ width, height }: Image): string {
  return `Image of ${width}×${height} pixels`;
}
