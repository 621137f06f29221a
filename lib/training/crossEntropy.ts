/**
 * The loss of a classifier.
 */
import { softmaxCrossEntropy } from '../engine/operations/crossEntropy';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ConfigError } from '../errors';

/**
 * Tells how wrong a network is: the mean loss over a batch.
 *
 * It becomes part of a step that is recorded once, so it is made of tensor operations alone and reads no values.
 *
 * @param logits `[n, classes]`
 * @param labels int32 `[n]`, each in 0..classes - 1
 */
export type Criterion = (logits: TensorFlow.Tensor2D, labels: TensorFlow.Tensor1D) => TensorFlow.Scalar;

/** What `crossEntropy` takes. */
export interface CrossEntropyOptions {
  /** Share of the target that is spread evenly over all classes, 0..1. Default 0. */
  labelSmoothing?: number;
}

/**
 * Softmax and cross-entropy against class labels, PyTorch's `CrossEntropyLoss`: the mean over the batch, in nats.
 *
 * @throws ConfigError for a labelSmoothing outside of 0..1
 * @see Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision", section 7, for label smoothing
 */
export function crossEntropy({ labelSmoothing = 0 }: CrossEntropyOptions = {}): Criterion {
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ConfigError(
      `labelSmoothing is ${labelSmoothing}.`,
      'Give it a number from 0 to 1; 0.1 is usual.',
    );
  }
  return (logits, labels) =>
    tf.tidy(() => {
      const classes = logits.shape[1];
      const even = labelSmoothing / classes;
      const targets = tf.oneHot(labels, classes, 1 - labelSmoothing + even, even, 'float32'); // [n, classes]
      return tf.mean(softmaxCrossEntropy(logits, targets as TensorFlow.Tensor2D));
    });
}
