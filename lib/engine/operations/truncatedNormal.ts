/**
 * Random numbers drawn by TensorFlow, many times faster than in JavaScript.
 */
import { floatType, nativeBackend, typeAttribute } from '../runtime/backend';
import { type TensorFlow, tf } from '../runtime/tensorflow';

/**
 * Numbers of a normal distribution cut at two standard deviations, the same ones for the same seed.
 *
 * @param seed an integer
 * @returns float32 of the given shape; mean 0, deviation 1 before the cut
 */
export function truncatedNormal(shape: number[], seed: number): TensorFlow.Tensor {
  const { binding } = nativeBackend();
  return tf.tidy(() =>
    nativeBackend().executeSingleOutput(
      'StatelessTruncatedNormal',
      [
        typeAttribute('dtype', floatType()),
        typeAttribute('T', binding.TF_INT32),
        typeAttribute('Tseed', binding.TF_INT32),
      ],
      [tf.tensor1d(shape, 'int32'), tf.tensor1d([seed, 0], 'int32')],
    ),
  );
}
