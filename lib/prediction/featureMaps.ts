/**
 * What the stages of a network find in an image.
 */
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import type { Image } from '../image/image';
import { stageLayers } from '../models/stages';
import { outputIn } from '../models/walk';
import { checkNotDisposed } from '../models/weights';
import { showAs } from '../showAs';
import { networkInput } from './networkInput';

/** The output of one layer for one image: a feature map for each of its channels. */
export interface FeatureMaps {
  /** The layer's name: `layer1.0`. */
  readonly layer: string;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly values: Float32Array; // [height, width, channels]
}

/**
 * Computes the feature maps of an image after the first convolution and after each stage of a network, in inference mode.
 *
 * @param net of `resNet`, or loaded from one that was
 * @param image of any size; it is resized and normalized as for `predictImage`
 * @throws ModelError when the network was disposed, has no stages or doesn't take images; ImageError when the picture's data don't fit its size
 */
export function featureMaps(net: TensorFlow.LayersModel, image: Image): FeatureMaps[] {
  checkNotDisposed(net);
  const layers = stageLayers(net);
  // Made of the network's own layers, so it has no weights to free.
  const upToStages = tf.model({ inputs: net.inputs, outputs: layers.map((layer) => outputIn(net, layer)) });
  const found: FeatureMaps[] = tf.tidy(() => {
    const images = networkInput(net, image); // [1, h, w, 3]
    const outputs = upToStages.apply(images, { training: false }) as TensorFlow.Tensor4D[]; // [1, h, w, c] each
    return outputs.map((output, i) => {
      const [, height, width, channels] = output.shape;
      return { layer: layers[i], height, width, channels, values: output.dataSync() as Float32Array };
    });
  });
  return found.map((maps) => showAs(maps, { full: featureMapsText }));
}

function featureMapsText({ layer, height, width, channels }: FeatureMaps): string {
  return `FeatureMaps of ${layer}: ${channels} of ${height}×${width}`;
}
