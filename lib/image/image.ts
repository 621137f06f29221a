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

/** A text such as `Image of 640×480 pixels` */
export function imageText({ width, height }: Image): string {
  return `Image of ${width}×${height} pixels`;
}
