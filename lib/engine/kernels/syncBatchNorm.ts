/**
 * Batch normalization over the parts of a batch that several devices have, as PyTorch's `nn.SyncBatchNorm`: each tells the others its own
 * mean and variance, and in the backward pass its own sums. It computes in float32, also on a GPU in a step of 16 bits.
 */
import { currentReplica, fromAllReplicas } from '../recording/replicas';
import { type TensorFlow, tf } from '../runtime/tensorflow';
import type { BatchNormOptions, BatchNormState } from './batchNorm';
import { newKernel, type Replacement } from './replacement';

/** The kernel, for what a replica records. */
export const SYNC_BATCH_NORM = 'SyncBatchNormTraining';

type Inputs = BatchNormState & { x: TensorFlow.Tensor4D };

/** Sums over all but the last axis. // [c] */
const sums = (tensor: TensorFlow.Tensor) => tf.sum(tensor, [0, 1, 2]);

/** What each replica has, `[2, c]`, as two lists of `[c]`. */
function exchanged(a: TensorFlow.Tensor, b: TensorFlow.Tensor): [TensorFlow.Tensor[], TensorFlow.Tensor[]] {
  const pairs = fromAllReplicas(tf.stack([a, b])).map((pair) => tf.unstack(pair));
  return [pairs.map(([first]) => first), pairs.map(([, second]) => second)];
}

/** The outputs are y, the next moving mean and variance, the batch's mean, and one over its deviation. */
function forward(
  { x, scale, offset, mean, variance }: Inputs,
  { epsilon, momentum }: BatchNormOptions,
): TensorFlow.Tensor[] {
  return tf.tidy(() => {
    const { rank, shares } = currentReplica()!;
    const own = tf.moments(x, [0, 1, 2]);
    const [means, variances] = exchanged(own.mean, own.variance);
    const weighted = (tensors: TensorFlow.Tensor[]) =>
      tf.addN(tensors.map((tensor, i) => tf.mul(tensor, shares[i])));
    const batchMean = weighted(means);
    // The variance within the parts, and that of their means.
    const batchVariance = weighted(
      variances.map((part, i) => tf.add(part, tf.square(tf.sub(means[i], batchMean)))),
    );
    const inverseDeviation = tf.rsqrt(tf.add(batchVariance, epsilon));
    const factor = tf.mul(scale, inverseDeviation);
    const y = tf.add(tf.mul(tf.sub(x, batchMean), factor), offset);
    const values = Math.round(x.size / x.shape[3] / shares[rank]);
    const unbiased = tf.mul(batchVariance, values / Math.max(values - 1, 1));
    const next = (moving: TensorFlow.Tensor, now: TensorFlow.Tensor) =>
      tf.add(tf.mul(moving, momentum), tf.mul(now, 1 - momentum));
    return [y, next(mean, batchMean), next(variance, unbiased), batchMean, inverseDeviation];
  });
}

/**
 * The gradients of x, scale and offset for the loss of this replica's part. Each part has an effect on the others' losses too, by what it adds to
 * the mean and the variance: that of them all is weighted by the shares that their losses have in the whole one.
 */
function gradient(
  dy: TensorFlow.Tensor,
  [x, scale, batchMean, inverseDeviation]: TensorFlow.Tensor[],
): TensorFlow.Tensor[] {
  const { rank, shares } = currentReplica()!;
  const normalized = tf.mul(tf.sub(x, batchMean), inverseDeviation);
  const [dOffset, dScale] = [sums(dy), sums(tf.mul(dy, normalized))];
  const own = shares[rank];
  const [offsets, scales] = exchanged(tf.mul(dOffset, own), tf.mul(dScale, own));
  const values = x.size / x.shape[3]!;
  const throughMean = tf.div(tf.addN(offsets), values);
  const throughVariance = tf.mul(normalized, tf.div(tf.addN(scales), values));
  const factor = tf.mul(scale, inverseDeviation);
  const dx = tf.mul(tf.sub(dy, tf.add(throughMean, throughVariance)), factor);
  return [dx, dScale, dOffset];
}

/** Batch normalization in training, over all replicas. */
export const syncBatchNorm: readonly Replacement[] = [
  newKernel(
    SYNC_BATCH_NORM,
    ({ inputs, attrs }) => forward(inputs as unknown as Inputs, attrs as unknown as BatchNormOptions),
    {
      inputsToSave: ['x', 'scale'],
      outputsToSave: [false, false, false, true, true],
      gradFunc: (dy, saved) => {
        const [dx, dScale, dOffset] = gradient((dy as TensorFlow.Tensor[])[0], saved);
        return { x: () => dx, scale: () => dScale, offset: () => dOffset };
      },
    },
  ),
];
