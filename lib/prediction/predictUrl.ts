/**
 * Prediction from an image on the web (the article's section 9).
 */
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { type FetchOptions, fetchImage } from './fetchImage';
import { type PredictOptions, predictImage } from './predictImage';
import type { Prediction } from './prediction';

/**
 * Predicts what an image on the web shows.
 *
 * @param url its http or https address, or a `data:` address, which has the image in it.
 * @throws ImageError and ConfigError as `fetchImage`, ModelError as `predictImage`.
 */
export async function predictUrl(
  net: TensorFlow.LayersModel,
  url: string | URL,
  options: PredictOptions & FetchOptions = {},
): Promise<Prediction> {
  return predictImage(net, await fetchImage(url, options), options);
}
