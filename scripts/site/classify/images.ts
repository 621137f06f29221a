/** Pictures on their way into the page: files, the clipboard, the camera. */
import { type Image, imageOf } from '../../../lib/image/image';

/** The longest side that is looked at, in pixels: a network looks at 32 of them, and a phone's memory is small. */
const LONGEST_SIDE = 2048;

/** A picture that can be drawn, and its size. */
export interface Source {
  drawable: CanvasImageSource;
  width: number;
  height: number;
}

/**
 * Decodes a picture's file, turned upright.
 *
 * @throws Error where the browser can't
 */
export async function decode(file: Blob, name: string): Promise<Source> {
  try {
    const bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
    return { drawable: bitmap, width: bitmap.width, height: bitmap.height };
  } catch {
    throw new Error(`${name} is no picture that this browser can read. Take a JPEG, PNG, WebP or GIF file.`);
  }
}

/** Draws a picture on a canvas that gets its size; what is transparent becomes white. */
export function draw({ drawable, width, height }: Source, canvas: HTMLCanvasElement): void {
  const scale = Math.min(1, LONGEST_SIDE / Math.max(width, height));
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.fillStyle = 'white';
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(drawable, 0, 0, canvas.width, canvas.height);
}

/** The pixels of a canvas, as the library takes them. */
export function pixelsOf(canvas: HTMLCanvasElement): Image {
  const { width, height } = canvas;
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, width, height); // [height, width, 4]
  const pixels = new Uint8Array(width * height * 3); // [height, width, 3]
  for (let from = 0, to = 0; from < data.length; from += 4) {
    pixels[to++] = data[from];
    pixels[to++] = data[from + 1];
    pixels[to++] = data[from + 2];
  }
  return imageOf(width, height, pixels);
}
