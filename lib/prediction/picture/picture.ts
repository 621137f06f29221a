/**
 * A picture in memory.
 */

import { showAs } from '../../showAs';

/** A picture of 8 bits a channel, red, green, blue, row by row from the top, without alpha. */
export interface Picture {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  readonly data: Uint8Array; // [height, width, 3]
}

/** A picture that is printed as its size, without its pixels. */
export function pictureOf(width: number, height: number, data: Uint8Array): Picture {
  return showAs({ width, height, data }, { full: pictureText });
}

/** A text such as `Picture of 640×480 pixels` */
export function pictureText({ width, height }: Picture): string {
  return `Picture of ${width}×${height} pixels`;
}
