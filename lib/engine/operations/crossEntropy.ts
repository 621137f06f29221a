/**
 * Softmax and cross-entropy as TensorFlow's one operation, which TensorFlow.js doesn't reach.
 */

import { newKernel, type Replacement } from '../kernels/replacement';
import { floatType, nativeBackend, typeAttribute, usesGpu } from '../runtime/backend';
import { type TensorFlow, tf } from '../runtime/tensorflow';

const CROSS_ENTROPY = 'SoftmaxCrossEntropyWithLogits';

/** Softmax and cross-entropy of logits as one kernel. */
export const softmaxCrossEntropyKernel: Replacement = newKernel(
  CROSS_ENTROPY,
  ({ inputs }) => {
    const { logits, targets } = inputs as Record<string, TensorFlow.Tensor>;
    const type = typeAttribute('T', floatType());
    return nativeBackend().executeMultipleOutputs(CROSS_ENTROPY, [type], [logits, targets], 2);
  },
  {
    inputsToSave: [],
    outputsToSave: [false, true],
    gradFunc: (dy: TensorFlow.Tensor | TensorFlow.Tensor[], saved: TensorFlow.Tensor[]) => {
      const [dLoss] = dy as TensorFlow.Tensor[]; // [n]
      const [dLogits] = saved; // [n, classes], softmax(logits) - targets
      return { logits: () => tf.mul(tf.expandDims(dLoss, 1), dLogits) };
    },
  },
);

/** The same of two operations, for where TensorFlow refuses the one. */
export function crossEntropyOfLogSoftmax(
  logits: TensorFlow.Tensor2D,
  targets: TensorFlow.Tensor2D,
): TensorFlow.Tensor1D {
  const logProbabilities = tf.logSoftmax(logits) as TensorFlow.Tensor2D; // [n, classes]
  return tf.neg(tf.sum(tf.mul(targets, logProbabilities), 1) as TensorFlow.Tensor1D);
}

/** Whether operations are to give the same bits at each run, which on a GPU not all do by themselves. */
function isDeterministic(): boolean {
  return ['1', 'true'].includes(process.env.TF_DETERMINISTIC_OPS?.toLowerCase() ?? '');
}

/**
 * Softmax and cross-entropy in one operation, stable for logits of any size.
 *
 * @param logits `[n, classes]`
 * @param targets probabilities, `[n, classes]`, rows summing to 1; no gradient flows into them
 * @returns the loss of each example, `[n]`
 */
export function softmaxCrossEntropy(
  logits: TensorFlow.Tensor2D,
  targets: TensorFlow.Tensor2D,
): TensorFlow.Tensor1D {
  // TensorFlow's for a GPU adds up in any order, and refuses to where that is forbidden.
  if (usesGpu() && isDeterministic()) return crossEntropyOfLogSoftmax(logits, targets);
  const outputs: TensorFlow.Tensor[] = tf.engine().runKernel(CROSS_ENTROPY, { logits, targets });
  return outputs[0] as TensorFlow.Tensor1D;
}
