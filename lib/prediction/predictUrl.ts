/**
 * Prediction from a picture on the web (the article's section 9).
 */
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { type FetchOptions, fetchPicture } from './picture/fetchPicture';
import { type PredictOptions, predictImage } from './predictImage';
import type { Prediction } from './prediction';

/**
 * Predicts what a picture on the web shows.
 *
 * @param url its http or https address, or a `data:` address, which has the picture in it.
 * @throws ImageError and ConfigError as `fetchPicture`, ModelError as `predictImage`.
 */
export async function predictUrl(
  net: TensorFlow.LayersModel,
  url: string | URL,
  options: PredictOptions & FetchOptions = {},
): Promise<Prediction> {
  return predictImage(net, await fetchPicture(url, options), options);
}
