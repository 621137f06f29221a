/**
 * Several views of an image instead of one, and the mean of what a network says of them.
 */
import { checkChoice } from '../checks';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';

/**
 * Which views: `flip`, the image and its mirror image; `shiftedFlips`, these two, and both moved by a pixel up and left, and down and
 * right, which count half together.
 */
export type TestTimeAugmentation = 'flip' | 'shiftedFlips';

/** @throws ConfigError */
export function checkViews(tta: TestTimeAugmentation | undefined): void {
  if (tta !== undefined) checkChoice('tta', tta, ['flip', 'shiftedFlips']);
}

/**
 * What a network gives for images in inference: for the images alone, or the mean for several views of them.
 *
 * @param images `[n, h, w, c]`
 * @returns `[n, classes]`
 * @see Jordan 2024, "94% on CIFAR-10 in 3.29 Seconds on a Single GPU", section 3.5
 */
export function outputsOf(
  net: TensorFlow.LayersModel,
  images: TensorFlow.Tensor4D,
  tta?: TestTimeAugmentation,
): TensorFlow.Tensor2D {
  const forward = (x: TensorFlow.Tensor) => net.apply(x, { training: false }) as TensorFlow.Tensor2D;
  if (tta === undefined) return forward(images);
  const both = (x: TensorFlow.Tensor4D) => tf.mul(tf.add(forward(x), forward(tf.reverse(x, 2))), 0.5);
  return tf.tidy(() => {
    if (tta === 'flip') return both(images) as TensorFlow.Tensor2D;
    const [, height, width] = images.shape;
    const padded = tf.mirrorPad(
      images,
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      'reflect',
    ) as TensorFlow.Tensor4D;
    const moved = (by: number) => both(tf.slice(padded, [0, by, by, 0], [-1, height, width, -1]));
    const shifted = tf.mul(tf.add(moved(0), moved(2)), 0.25);
    return tf.add(tf.mul(both(images), 0.5), shifted) as TensorFlow.Tensor2D;
  });
}
