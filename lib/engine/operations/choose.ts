/**
 * One of two tensors by a condition of the same step. Where a step is recorded, only what is chosen is computed, and nothing is copied.
 * On a GPU, which would have to wait until its processor has read the condition, both are computed.
 */

import { isRecording } from '../recording/active';
import { nativeBackend, typeAttribute, usesGpu } from '../runtime/backend';
import { type TensorFlow, tf } from '../runtime/tensorflow';
import { typeNumber } from '../runtime/values';

/**
 * Chooses between two tensors of one type and shape.
 *
 * @param condition a bool
 */
export function choose<T extends TensorFlow.Tensor>(
  condition: TensorFlow.Scalar,
  whenTrue: T,
  whenFalse: T,
): T {
  if (!isRecording()) return tf.where(condition, whenTrue, whenFalse);
  if (usesGpu()) return selected(condition, whenTrue, whenFalse) as T;
  return merged(switched(whenFalse, condition)[0], switched(whenTrue, condition)[1]) as T;
}

/**
 * A tensor where a condition holds, else zeros.
 *
 * @param condition a bool
 */
export function orZeros<T extends TensorFlow.Tensor>(condition: TensorFlow.Scalar, tensor: T): T {
  if (!isRecording()) return tf.where(condition, tensor, tf.zerosLike(tensor));
  if (usesGpu()) return selected(condition, tensor, tf.zerosLike(tensor)) as T;
  const [left, taken] = switched(tensor, condition);
  const type = typeAttribute('T', typeNumber(tensor.dtype));
  const zeros = nativeBackend().executeSingleOutput('ZerosLike', [type], [left]);
  return merged(zeros, taken) as T;
}

/** One of two tensors, element by element. */
function selected(
  condition: TensorFlow.Scalar,
  a: TensorFlow.Tensor,
  b: TensorFlow.Tensor,
): TensorFlow.Tensor {
  const type = typeAttribute('T', typeNumber(a.dtype));
  return nativeBackend().executeSingleOutput('SelectV2', [type], [condition, a, b]);
}

/** A tensor as two, of which the first goes on where the condition doesn't hold, the second where it does. */
function switched(tensor: TensorFlow.Tensor, condition: TensorFlow.Scalar): TensorFlow.Tensor[] {
  const type = typeAttribute('T', typeNumber(tensor.dtype));
  return nativeBackend().executeMultipleOutputs('Switch', [type], [tensor, condition], 2);
}

/** The one of two tensors that goes on. */
function merged(a: TensorFlow.Tensor, b: TensorFlow.Tensor): TensorFlow.Tensor {
  const attributes = [
    typeAttribute('T', typeNumber(a.dtype)),
    { name: 'N', type: nativeBackend().binding.TF_ATTR_INT, value: 2 },
  ];
  return nativeBackend().executeMultipleOutputs('Merge', attributes, [a, b], 2)[0];
}
