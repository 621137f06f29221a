/**
 * Values that belong to a variable alone.
 *
 * TensorFlow.js lets tensors share values: a variable with the tensor that it was made of or assigned, and with its clones.
 * It never changes values in place, so nobody notices. A session does: what shares a variable's values would follow it.
 */
import { nativeBackend } from './backend';
import { type TensorFlow, tf } from './tensorflow';

/** Parts a variable from the tensors that share its values. */
export function ownValues(variable: TensorFlow.Variable): void {
  const backend = nativeBackend();
  if (variable.dtype === 'string' || backend.tensorMap.get(variable.dataId).refCount === 1) return;
  const values = backend.readSync(variable.dataId) as Float32Array;
  tf.tidy(() => variable.assign(tf.tensor(values, variable.shape, variable.dtype)));
}
