/**
 * A data set that lives where the network is trained, and its batches, made there by tensor operations: they can be part of a
 * recorded step, which then is fed nothing but which images to take and what their transforms have drawn.
 */
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { CHANNELS, type Dataset, IMAGE_SIZE } from './dataset';
import type { Normalization } from './normalization';

const PIXELS = IMAGE_SIZE * IMAGE_SIZE;

/** Pixels as one number each, red + 256 green + 65536 blue, which float32 holds exactly. */
function packed(images: Uint8Array): Float32Array {
  const pixels = new Float32Array(images.length / CHANNELS); // [n * 1024]
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = images[3 * i] + 256 * images[3 * i + 1] + 65536 * images[3 * i + 2];
  }
  return pixels;
}

/** A data set as variables of the device. Who made it disposes it. */
export class DeviceImages {
  // float32 all, also what is whole: TensorFlow keeps variables of integers in the host's memory.
  private readonly pixels: TensorFlow.Variable; // [n, 1024]
  private readonly labels: TensorFlow.Variable; // [n]

  constructor(dataset: Dataset) {
    const { length } = dataset;
    [this.pixels, this.labels] = tf.tidy(() => [
      tf.variable(tf.tensor2d(packed(dataset.images), [length, PIXELS]), false),
      tf.variable(tf.tensor1d(Float32Array.from(dataset.labels)), false),
    ]);
  }

  /**
   * Images, 0 to 255, and their labels, by tensor operations alone.
   *
   * @param index // [n]
   */
  take(index: TensorFlow.Tensor1D): { images: TensorFlow.Tensor4D; labels: TensorFlow.Tensor1D } {
    return tf.tidy(() => ({
      images: unpacked(tf.gather(this.pixels, index)),
      labels: tf.cast(tf.gather(this.labels, index), 'int32') as TensorFlow.Tensor1D,
    }));
  }

  dispose(): void {
    tf.dispose([this.pixels, this.labels]);
  }
}

/** Pixels taken apart into channels. // [n, 1024] to [n, 32, 32, 3] */
function unpacked(pixels: TensorFlow.Tensor): TensorFlow.Tensor4D {
  const blue = tf.floor(tf.div(pixels, 65536));
  const rest = tf.sub(pixels, tf.mul(blue, 65536));
  const green = tf.floor(tf.div(rest, 256));
  const red = tf.sub(rest, tf.mul(green, 256));
  return tf.reshape(tf.stack([red, green, blue], 2), [-1, IMAGE_SIZE, IMAGE_SIZE, CHANNELS]);
}

/**
 * Images of whole numbers of 0 to 255, looked up in a table of `normalizationTable`, by tensor operations alone.
 *
 * @param table // [3, 256]
 */
export function lookedUp(images: TensorFlow.Tensor4D, table: Float32Array): TensorFlow.Tensor4D {
  return tf.tidy(() => {
    const places = tf.cast(tf.add(images, tf.tensor1d([0, 256, 512])), 'int32');
    const values: TensorFlow.Tensor = tf.tensor1d(table);
    return tf.gather(values, places as TensorFlow.Tensor1D) as TensorFlow.Tensor4D;
  });
}

/** Images of 0 to 255, normalized, by tensor operations alone. */
export function normalizedTensor(
  images: TensorFlow.Tensor4D,
  { mean, std }: Normalization,
): TensorFlow.Tensor4D {
  return tf.tidy(() => {
    const shares = tf.div(images, 255);
    return tf.div(tf.sub(shares, tf.tensor1d([...mean])), tf.tensor1d([...std])) as TensorFlow.Tensor4D;
  });
}
