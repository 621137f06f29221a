/**
 * Gradients that are too long, cut.
 */
import { checkPositive } from '../../checks';
import { mapTensors } from '../../engine/operations/mapTensors';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';

/** How gradients are cut before a step. */
export interface ClippingOptions {
  /** All gradients are scaled so that their common norm is no more, as by PyTorch's `clip_grad_norm_`. Default: they are not. */
  clipNorm?: number;
  /** Each number of a gradient is brought within -clipValue..clipValue, as by PyTorch's `clip_grad_value_`. Default: it is not. */
  clipValue?: number;
}

/** As PyTorch has it, lest a norm of 0 divide. */
const EPSILON = 1e-6;

/** @throws ConfigError for what is no number above 0 */
export function checkClipping({ clipNorm, clipValue }: ClippingOptions): void {
  if (clipNorm !== undefined) checkPositive('clipNorm', clipNorm);
  if (clipValue !== undefined) checkPositive('clipValue', clipValue);
}

/** Cuts gradients, each number first. */
export function clipped(
  grads: TensorFlow.NamedTensorMap,
  { clipNorm, clipValue }: ClippingOptions,
): TensorFlow.NamedTensorMap {
  const within =
    clipValue === undefined
      ? grads
      : mapTensors(grads, (gradient) => tf.clipByValue(gradient, -clipValue, clipValue));
  if (clipNorm === undefined) return within;
  const squares = Object.values(within).map((gradient) => tf.sum(tf.square(gradient)));
  const share = tf.div(clipNorm, tf.add(tf.sqrt(tf.addN(squares)), EPSILON));
  const scale = tf.minimum(share, 1);
  return mapTensors(within, (gradient) => tf.mul(gradient, scale));
}
