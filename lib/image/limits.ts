/**
 * How large an image may be: what a camera makes passes, what would fill the memory doesn't.
 */
import { ImageError } from '../errors';

/** The most bytes of an image file that are read from a disk: 50 MB. */
export const MAX_FILE_BYTES = 50e6;

/** The most pixels that are decoded, which take 300 MB: 100 million. */
export const MAX_PIXELS = 100e6;

/** A number of bytes, to be said in a sentence: `50 MB`. */
export function megabytes(bytes: number): string {
  return bytes < 1e6 ? `${bytes.toLocaleString('en')} bytes` : `${Number((bytes / 1e6).toFixed(1))} MB`;
}

/**
 * Refuses an image by the size that its header claims, before memory is taken for it.
 *
 * @throws ImageError when width times height is over `MAX_PIXELS`.
 */
export function checkPixels(name: string, width: number, height: number): void {
  if (width * height <= MAX_PIXELS) return;
  throw new ImageError(
    `${name} claims to be ${width}×${height} pixels, more than ${MAX_PIXELS / 1e6} million.`,
    'Make it smaller first: the network looks at 32×32 pixels of it.',
  );
}
