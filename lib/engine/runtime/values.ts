/**
 * Values on their way between TensorFlow.js's tensors and the session.
 */
import { EngineError } from '../../errors';
import { nativeBackend } from './backend';
import type { FetchedValue, Value } from './session';
import { type TensorFlow, tf } from './tensorflow';

type Held = 'float32' | 'int32' | 'bool';

const ARRAYS = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

/**
 * TensorFlow's number of a type.
 *
 * @throws EngineError for a type that steps don't hold
 */
export function typeNumber(dtype: TensorFlow.DataType): number {
  if (dtype in ARRAYS) return nativeBackend().getDTypeInteger(dtype);
  throw new EngineError(
    `A step can't hold a tensor of type ${dtype}.`,
    'Use float32, int32 or bool inside a step, and keep strings and complex numbers outside.',
  );
}

/** The numbers of a float32 tensor that is computed. As what `tf.tidy` returns they would be looked at one by one, in search of tensors. */
export function computedNumbers(compute: () => TensorFlow.Tensor): Float32Array {
  const tensor = tf.tidy(compute);
  try {
    return tensor.dataSync() as Float32Array;
  } finally {
    tensor.dispose();
  }
}

/**
 * TensorFlow.js's name of a type. A step computes with complex numbers, as `tf.spectral.fft` does, but takes and returns none.
 *
 * @throws EngineError for a type that steps don't hold
 */
export function typeName(dtype: number): Held | 'complex64' {
  const { TF_FLOAT, TF_INT32, TF_BOOL, TF_COMPLEX64 } = nativeBackend().binding;
  const names = {
    [TF_FLOAT]: 'float32',
    [TF_INT32]: 'int32',
    [TF_BOOL]: 'bool',
    [TF_COMPLEX64]: 'complex64',
  } as const;
  const name = names[dtype];
  if (name) return name;
  throw new EngineError(
    `An operation in this step gives values of TensorFlow's type ${dtype}, which TensorFlow.js can't hold.`,
    'Cast to float32, int32 or bool, or compute this part outside the step.',
  );
}

/** A tensor's values, uncopied where JavaScript holds them. */
export function valuesOf(tensor: TensorFlow.Tensor): Value {
  return {
    dtype: typeNumber(tensor.dtype),
    shape: tensor.shape,
    data: nativeBackend().readSync(tensor.dataId),
  };
}

/** Fetched values as the typed array that their type asks for. */
export function arrayOf({ dtype, data }: FetchedValue): Float32Array | Int32Array | Uint8Array {
  return new ARRAYS[typeName(dtype) as Held](data);
}

/** Fetched values as a tensor. */
export function tensorOf(value: FetchedValue): TensorFlow.Tensor {
  return tf.tensor(arrayOf(value), value.shape, typeName(value.dtype));
}

/** Whether a variable has its values. `tf.disposeVariables()` frees them without marking the variable as disposed. */
export function isRegistered(variable: TensorFlow.Variable): boolean {
  return tf.engine().state.registeredVariables[variable.name] === variable;
}
