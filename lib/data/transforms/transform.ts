/**
 * Random changes of images before they are trained on.
 */
import { checkForm, type Form } from '../../checks';
import type { TensorFlow } from '../../engine/runtime/tensorflow';
import { ConfigError } from '../../errors';
import type { ImageShape } from '../dataset';
import type { Random } from '../random';

/** The image that a transform draws numbers for. */
export interface DrawnFor {
  /** Its index in the data set. */
  readonly index: number;
  /** Counted from 0. */
  readonly epoch: number;
  /** The loader's. */
  readonly seed: number;
  /** Height, width and channels. */
  readonly shape: ImageShape;
}

/** What a transform may go by. */
export interface TransformContext {
  /** What becomes 0 when it is normalized: the mean color of the loader's normalization, 0 to 255. */
  readonly mean: readonly number[]; // [channels]
  /** Height, width and channels of an image. */
  readonly shape: ImageShape;
}

/**
 * A change of images. What is random about it are a few numbers an image, which are drawn apart from it: so it makes the same of them in
 * JavaScript, by `pixels`, and within a step on the device, by `tensors`. One of the two may be missing.
 */
export interface Transform {
  /** With its settings, for checkpoints and messages: `randomCrop(4)`. */
  readonly name: string;
  /** Whether pixels stay whole numbers of 0 to 255, which are looked up in a table to be normalized: to the bit the same everywhere. */
  readonly keepsWhole?: boolean;
  /** Draws the numbers for an image, always as many. Without it there are none. */
  draw?(random: Random, image: DrawnFor): readonly number[];
  /**
   * Changes one image in place.
   *
   * @param image 0 to 255 // [height, width, channels]
   * @param numbers as they were drawn
   */
  pixels?(image: Float32Array, numbers: readonly number[], context: TransformContext): void;
  /**
   * Gives the changed images of a batch, by tensor operations alone.
   *
   * @param images 0 to 255 // [n, height, width, channels]
   * @param numbers as they were drawn // [n, numbers]
   */
  tensors?(
    images: TensorFlow.Tensor4D,
    numbers: TensorFlow.Tensor2D,
    context: TransformContext,
  ): TensorFlow.Tensor;
}

const FORM: Form = { name: 'string', 'draw?': 'function', 'pixels?': 'function', 'tensors?': 'function' };

/**
 * Checks transforms, and says how they are to be computed.
 *
 * @param onDevice whether batches are made on the device
 * @throws ConfigError for what are none, and for some that can't be computed in one way
 */
export function checkTransforms(transforms: readonly Transform[], onDevice: boolean): 'pixels' | 'tensors' {
  checkForm('transforms', transforms, [FORM], 'Give for example [randomCrop(4), randomFlip()].');
  const lacking = (way: 'pixels' | 'tensors') => transforms.find((transform) => !transform[way]);
  const way = onDevice || lacking('pixels') ? 'tensors' : 'pixels';
  const culprit = lacking(way);
  if (!culprit) return way;
  throw new ConfigError(
    `The transform ${culprit.name} has no ${way}${onDevice ? ', by which batches are made on the device' : ', and another one has nothing else'}.`,
    onDevice ? 'Write its tensors, or give onDevice: false.' : 'Write all of them in one of the two ways.',
  );
}
