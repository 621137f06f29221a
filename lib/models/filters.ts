/**
 * What the first convolution of a network looks for.
 */
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';
import { showAs } from '../showAs';
import { checkNotDisposed } from './weights';

/** The kernels of a convolution of color images; each is a small image itself. */
export interface Filters {
  /** The layer's name. */
  readonly layer: string;
  readonly height: number;
  readonly width: number;
  /** How many there are: the channels of the layer's output. */
  readonly count: number;
  readonly values: Float32Array; // [height, width, 3, count]
}

/**
 * Reads the kernels of a network's first convolution: the only ones that can be looked at, as their channels are red, green and blue.
 *
 * @throws ModelError where the network doesn't begin with a convolution of color images
 */
export function firstLayerFilters(net: TensorFlow.LayersModel): Filters {
  checkNotDisposed(net);
  const layer = net.layers.find((candidate) => candidate.getClassName() === 'Conv2D');
  const kernel = layer?.getWeights()[0]; // [height, width, channels, count]
  if (!layer || kernel?.shape[2] !== 3) {
    throw new ModelError(
      `${net.name} doesn't begin with a convolution of color images.`,
      'Use a network of resnet8() to resnet152(), or another whose first kernels have 3 channels.',
    );
  }
  const [height, width, , count] = kernel.shape;
  const values = kernel.dataSync() as Float32Array;
  return showAs(
    { layer: layer.name, height, width, count, values },
    {
      full: () =>
        `Filters of ${layer.name}: ${count} of ${height}×${width}×3\nfilterChart makes a figure of them, which show draws.`,
    },
  );
}
