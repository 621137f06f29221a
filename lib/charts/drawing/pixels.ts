/**
 * Pixels on a canvas, which makes a PNG of them at once: charts are plain functions, and can't wait for an encoder.
 */
import { type Canvas, createCanvas } from '@napi-rs/canvas';
import { checkImage } from '../../checks';
import type { ImageShape } from '../../data/dataset';
import type { Image } from '../../image/image';

/**
 * Pixels of one channel as a gray image, of three as they are.
 *
 * @param pixels // [height, width, channels]
 */
export function imageFrom(pixels: Uint8Array, [height, width, channels]: ImageShape): Image {
  if (channels === 3) return { width, height, data: pixels };
  const data = new Uint8Array(height * width * 3); // [height, width, 3]
  for (let i = 0; i < height * width; i++) data.fill(pixels[i * channels], 3 * i, 3 * i + 3);
  return { width, height, data };
}

/** The pixels as an opaque canvas of the same size. */
export function toCanvas(image: Image): Canvas {
  checkImage(image);
  const { width, height, data } = image;
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  const rgba = context.createImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) {
    rgba.data[4 * pixel] = data[3 * pixel];
    rgba.data[4 * pixel + 1] = data[3 * pixel + 1];
    rgba.data[4 * pixel + 2] = data[3 * pixel + 2];
    rgba.data[4 * pixel + 3] = 255;
  }
  context.putImageData(rgba, 0, 0);
  return canvas;
}
