/**
 * Shows an image below the cell.
 */

import { imageToPng } from '../../charts/drawing/imageToPng';
import { checkImage } from '../../checks';
import { type Image, imageText } from '../../image/image';
import { cellOutput } from '../kernel/kernel';

/**
 * Shows an image in a notebook: a photo at most 400 pixels wide and high, a tiny image magnified so that its pixels
 * can be seen. Outside a notebook it prints a line with the picture's size.
 */
export function showImage(image: Image): void {
  checkImage(image);
  const text = imageText(image);
  const write = cellOutput();
  if (!write) {
    console.log(text);
    return;
  }
  const { bytes, width, height } = imageToPng(image);
  write(
    {
      data: { 'image/png': Buffer.from(bytes).toString('base64'), 'text/plain': text },
      metadata: { 'image/png': { width, height } },
      transient: {},
    },
    false,
  );
}
