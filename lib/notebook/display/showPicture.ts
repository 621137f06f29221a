/**
 * Shows a picture below the cell.
 */

import { pictureToPng } from '../../charts/drawing/pictureToPng';
import { checkPicture } from '../../checks';
import { type Picture, pictureText } from '../../prediction/picture/picture';
import { cellOutput } from '../kernel/kernel';

/**
 * Shows a picture in a notebook: a photo at most 400 pixels wide and high, a tiny picture magnified so that its pixels
 * can be seen. Outside a notebook it prints a line with the picture's size.
 */
export function showPicture(picture: Picture): void {
  checkPicture(picture);
  const text = pictureText(picture);
  const write = cellOutput();
  if (!write) {
    console.log(text);
    return;
  }
  const { bytes, width, height } = pictureToPng(picture);
  write(
    {
      data: { 'image/png': Buffer.from(bytes).toString('base64'), 'text/plain': text },
      metadata: { 'image/png': { width, height } },
      transient: {},
    },
    false,
  );
}
