/**
 * A picture in memory.
 */

/** A picture of 8 bits a channel, red, green, blue, row by row from the top, without alpha. */
export interface Picture {
  /** In pixels. */
  readonly width: number;
  /** In pixels. */
  readonly height: number;
  readonly data: Uint8Array; // [height, width, 3]
}
