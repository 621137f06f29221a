/**
 * `tf.gather` in a recorded step: TensorFlow.js's kernel reads the indices to check them, and there they have no values yet.
 *
 * TensorFlow checks them itself on a CPU; on a GPU an index out of range gives zeros.
 */

import { isRecording } from '../recording/active';
import { nativeBackend, typeAttribute } from '../runtime/backend';
import { type TensorFlow, tf } from '../runtime/tensorflow';
import { typeNumber } from '../runtime/values';
import { kernelReplacement, type Replacement } from './replacement';

/** `tf.gather`, recorded without reading its indices. */
export const gather: Replacement = kernelReplacement(
  'GatherV2',
  (
    { x, indices }: { x: TensorFlow.Tensor; indices: TensorFlow.Tensor },
    { axis, batchDims }: { axis: number; batchDims: number },
    original: () => TensorFlow.Tensor,
  ) => {
    if (!isRecording()) return original();
    const { binding } = nativeBackend();
    return nativeBackend().executeSingleOutput(
      'GatherV2',
      [
        { name: 'batch_dims', type: binding.TF_ATTR_INT, value: batchDims },
        typeAttribute('Tparams', typeNumber(x.dtype)),
        typeAttribute('Tindices', binding.TF_INT32),
        typeAttribute('Taxis', binding.TF_INT32),
      ],
      [x, indices, tf.scalar(axis, 'int32')],
    );
  },
);
