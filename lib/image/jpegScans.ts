/**
 * How often a JPEG file draws over its image. A scan of a few bytes can take as long as the whole image, and a small file
 * may have a million of them.
 */
import { ImageError } from '../errors';

/** The most scans that are drawn: progressive images have about ten. */
const MAX_SCANS = 100;

const RESTART_0 = 0xd0;
const RESTART_7 = 0xd7;
const END_OF_IMAGE = 0xd9;
const START_OF_SCAN = 0xda;

/** Bytes from a marker to where the next one is looked for. */
function stride(bytes: Uint8Array, at: number): number {
  const marker = bytes[at + 1];
  if (marker === 0xff) return 1; // padding
  // A byte of 255 among the pixels, or a restart: no length follows.
  if (marker <= 0x01 || (marker >= RESTART_0 && marker <= RESTART_7)) return 2;
  return 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
}

/**
 * Refuses a JPEG image of more scans than any has that is meant to be looked at.
 *
 * @param bytes the file.
 * @param name what to call it in messages.
 * @throws ImageError when there are more than 100.
 */
export function checkScans(bytes: Uint8Array, name: string): void {
  let scans = 0;
  for (
    let at = bytes.indexOf(0xff, 2);
    at >= 0 && at + 3 < bytes.length;
    at = bytes.indexOf(0xff, at + stride(bytes, at))
  ) {
    const marker = bytes[at + 1];
    if (marker === END_OF_IMAGE) return;
    if (marker === START_OF_SCAN && ++scans > MAX_SCANS) {
      throw new ImageError(
        `${name} is a JPEG image of more than ${MAX_SCANS} scans.`,
        'Save it again with a program for images.',
      );
    }
  }
}
