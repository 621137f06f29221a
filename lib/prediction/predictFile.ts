/**
 * Prediction from an image file (the article's section 9).
 */
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { readImage } from '../image/readImage';
import { type PredictOptions, predictImage } from './predictImage';
import type { Prediction } from './prediction';

/**
 * Predicts what an image file shows.
 *
 * @param path or `file:` address of a JPEG, PNG, WebP, GIF, AVIF, TIFF or BMP file.
 * @throws ImageError as `readImage`, ModelError as `predictImage`.
 */
export async function predictFile(
  net: TensorFlow.LayersModel,
  path: string | URL,
  options: PredictOptions = {},
): Promise<Prediction> {
  return predictImage(net, await readImage(path), options);
}
