/**
 * A data set that lives where the network is trained, and its batches, made there by tensor operations: they can be part of a
 * recorded step, which then is fed nothing but which images to take and how to crop them.
 *
 * The numbers are those of augment.ts and normalization.ts, bit by bit.
 */
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { type Augmentation, CROP_PADDING } from './augment';
import type { Batch } from './batch';
import { CHANNELS, type Dataset, IMAGE_SIZE } from './dataset';

const PIXELS = IMAGE_SIZE * IMAGE_SIZE;

/** An image and its augmentation as four numbers: index, top, left, flip. */
const DRAW_LENGTH = 4;

/** An image of a data set, and what is done to it. */
export interface DrawnImage extends Augmentation {
  index: number;
}

/** Pixels as one number each, red + 256 green + 65536 blue, which float32 holds exactly. */
function packed(images: Uint8Array): Float32Array {
  const pixels = new Float32Array(images.length / CHANNELS); // [n * 1024]
  for (let i = 0; i < pixels.length; i++) {
    pixels[i] = images[3 * i] + 256 * images[3 * i + 1] + 65536 * images[3 * i + 2];
  }
  return pixels;
}

/** Which images to take, and how to crop and mirror them, as a tensor to feed. // [n, 4] */
export function draws(drawn: readonly DrawnImage[]): TensorFlow.Tensor2D {
  const numbers = drawn.map(({ index, top, left, flip }) => [index, top, left, Number(flip)]);
  return tf.tensor2d(numbers, [drawn.length, DRAW_LENGTH]);
}

/** The numbers 0 to 31, as rows or columns of an image. */
const along = (shape: number[]) => tf.reshape(tf.range(0, IMAGE_SIZE), shape);

/** A data set as variables of the device. Who made it disposes it. */
export class DeviceImages {
  // float32 all, also what is whole: TensorFlow keeps variables of integers in the host's memory.
  private readonly pixels: TensorFlow.Variable; // [n, 1024]
  private readonly labels: TensorFlow.Variable; // [n]

  /** @param table of `normalizationTable`. // [3, 256] */
  constructor(
    dataset: Dataset,
    private readonly table: Float32Array,
  ) {
    const { length } = dataset;
    [this.pixels, this.labels] = tf.tidy(() => [
      tf.variable(tf.tensor2d(packed(dataset.images), [length, PIXELS]), false),
      tf.variable(tf.tensor1d(Float32Array.from(dataset.labels)), false),
    ]);
  }

  /** The batch that a tensor of `draws` asks for, by tensor operations alone. */
  batch(draws: TensorFlow.Tensor2D): Batch {
    return tf.tidy(() => {
      const [index, top, left, flip] = tf.split(draws, DRAW_LENGTH, 1); // [n, 1]
      const chosen = tf.cast(tf.squeeze(index, [1]), 'int32'); // [n]
      const labels = tf.cast(tf.gather(this.labels, chosen), 'int32') as TensorFlow.Tensor1D;
      const x = along([1, IMAGE_SIZE]);
      const mirrored = tf.add(x, tf.mul(flip, tf.sub(IMAGE_SIZE - 1, tf.mul(x, 2)))); // [n, 32], 31 - x where flipped
      const column = tf.add(mirrored, tf.sub(left, CROP_PADDING)); // [n, 32]
      const row = tf.add(along([1, IMAGE_SIZE]), tf.sub(top, CROP_PADDING)); // [n, 32]
      const pixels = this.crop(
        tf.gather(this.pixels, chosen),
        tf.expandDims(row, 2),
        tf.expandDims(column, 1),
      );
      return { images: this.normalized(pixels), labels };
    });
  }

  /**
   * The pixels at rows and columns, black where those lie outside.
   *
   * @param images // [n, 1024]
   * @param row // [n, 32, 1]
   * @param column // [n, 1, 32]
   */
  private crop(
    images: TensorFlow.Tensor,
    row: TensorFlow.Tensor,
    column: TensorFlow.Tensor,
  ): TensorFlow.Tensor {
    const clipped = (at: TensorFlow.Tensor) => tf.clipByValue(at, 0, IMAGE_SIZE - 1);
    const isInside = (at: TensorFlow.Tensor) => tf.cast(tf.equal(at, clipped(at)), 'float32');
    const place = tf.add(tf.mul(clipped(row), IMAGE_SIZE), clipped(column)); // [n, 32, 32]
    const inside = tf.mul(isInside(row), isInside(column)); // [n, 32, 32]
    const places = tf.reshape(tf.cast(place, 'int32'), [-1, PIXELS]) as TensorFlow.Tensor2D;
    return tf.mul(tf.reshape(tf.gather(images, places, 1, 1), [-1, IMAGE_SIZE, IMAGE_SIZE]), inside);
  }

  /** Pixels taken apart into channels, and looked up in the table. */
  private normalized(pixels: TensorFlow.Tensor): TensorFlow.Tensor4D {
    const blue = tf.floor(tf.div(pixels, 65536));
    const rest = tf.sub(pixels, tf.mul(blue, 65536));
    const green = tf.floor(tf.div(rest, 256));
    const red = tf.sub(rest, tf.mul(green, 256));
    const places = tf.stack([red, tf.add(green, 256), tf.add(blue, 512)], 3); // [n, 32, 32, 3]
    const table: TensorFlow.Tensor = tf.tensor1d(this.table);
    return tf.gather(table, tf.cast(places, 'int32') as TensorFlow.Tensor1D) as TensorFlow.Tensor4D;
  }

  dispose(): void {
    tf.dispose([this.pixels, this.labels]);
  }
}
