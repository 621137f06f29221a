/**
 * A data set that lives where the network is trained, and its batches, made there by tensor operations: they can be part of a
 * recorded step, which then is fed nothing but which images to take and what their transforms have drawn.
 */
import { recordingWorker } from '../engine/recording/active';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import type { Dataset, ImageShape } from './dataset';
import type { Normalization } from './normalization';

/** Channels that one number holds: float32 is exact up to 2^24. */
const PACKED = 3;

/** Each pixel of color as one number, red + 256 green + 65536 blue; those of other images as they are. */
function packed(images: Uint8Array, channels: number): Float32Array {
  if (channels !== PACKED) return Float32Array.from(images);
  const pixels = new Float32Array(images.length / PACKED); // [n * height * width]
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = images[3 * i] + 256 * images[3 * i + 1] + 65536 * images[3 * i + 2];
  }
  return pixels;
}

/** The variables of a data set on one device. float32 all, also what is whole: TensorFlow keeps variables of integers in the host's memory. */
interface Copy {
  pixels: TensorFlow.Variable; // [n, numbers]
  labels: TensorFlow.Variable; // [n]
}

/** A data set as variables of the device; of each worker's, where a step is recorded for workers. Who made it disposes it. */
export class DeviceImages {
  /** By the worker's device. */
  private readonly copies = new Map<string | undefined, Copy>();
  private readonly numbers: Float32Array; // [n * numbers], which the copies share
  private readonly labels: Float32Array; // [n]
  private readonly shape: ImageShape;

  constructor(dataset: Dataset) {
    this.shape = dataset.imageShape;
    this.numbers = packed(dataset.images, this.shape[2]);
    this.labels = Float32Array.from(dataset.labels);
  }

  private get copy(): Copy {
    const device = recordingWorker();
    const known = this.copies.get(device);
    if (known) return known;
    const { numbers, labels } = this;
    const made = tf.tidy(() => ({
      pixels: tf.variable(tf.tensor2d(numbers, [labels.length, numbers.length / labels.length]), false),
      labels: tf.variable(tf.tensor1d(labels), false),
    }));
    this.copies.set(device, made);
    return made;
  }

  /**
   * Images, 0 to 255, and their labels, by tensor operations alone.
   *
   * @param index // [n]
   */
  take(index: TensorFlow.Tensor1D): { images: TensorFlow.Tensor4D; labels: TensorFlow.Tensor1D } {
    const { pixels, labels } = this.copy;
    return tf.tidy(() => ({
      images: unpacked(tf.gather(pixels, index), this.shape),
      labels: tf.cast(tf.gather(labels, index), 'int32') as TensorFlow.Tensor1D,
    }));
  }

  dispose(): void {
    for (const { pixels, labels } of this.copies.values()) tf.dispose([pixels, labels]);
    this.copies.clear();
  }
}

/** Pixels taken apart into channels. // [n, numbers] to [n, height, width, channels] */
function unpacked(pixels: TensorFlow.Tensor, [height, width, channels]: ImageShape): TensorFlow.Tensor4D {
  if (channels !== PACKED) return tf.reshape(pixels, [-1, height, width, channels]);
  const blue = tf.floor(tf.div(pixels, 65536));
  const rest = tf.sub(pixels, tf.mul(blue, 65536));
  const green = tf.floor(tf.div(rest, 256));
  const red = tf.sub(rest, tf.mul(green, 256));
  return tf.reshape(tf.stack([red, green, blue], 2), [-1, height, width, channels]);
}

/**
 * Images of whole numbers of 0 to 255, looked up in a table of `normalizationTable`, by tensor operations alone.
 *
 * @param table // [channels, 256]
 */
export function lookedUp(images: TensorFlow.Tensor4D, table: Float32Array): TensorFlow.Tensor4D {
  return tf.tidy(() => {
    const places = tf.cast(tf.add(images, tf.range(0, table.length, 256)), 'int32');
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
