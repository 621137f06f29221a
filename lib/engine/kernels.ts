/**
 * Puts functions of this library in the place of TensorFlow.js's kernels.
 */
import { tf } from './tensorflow';

/** A kernel as TensorFlow.js calls it, with its inputs and attributes typed; it may leave a call to the original. */
type Replacement<Inputs, Attributes, Result> = (
  inputs: Inputs,
  attributes: Attributes,
  original: () => Result,
) => Result;

/** Replaces the native backend's kernel of a name. */
export function replaceKernel<Inputs, Attributes, Result>(
  name: string,
  replacement: Replacement<Inputs, Attributes, Result>,
): void {
  const original = tf.getKernel(name, 'tensorflow');
  tf.unregisterKernel(name, 'tensorflow');
  tf.registerKernel({
    ...original,
    kernelFunc: (parameters) =>
      replacement(
        parameters.inputs as Inputs,
        parameters.attrs as Attributes,
        () => original.kernelFunc(parameters) as Result,
      ) as ReturnType<typeof original.kernelFunc>,
  });
}
