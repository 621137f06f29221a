/**
 * What this library puts in the place of TensorFlow.js's kernels and gradients, as values: `installKernels` puts them there.
 */
import { tf } from '../runtime/tensorflow';

/** A change of TensorFlow.js that `installKernels` makes. */
export interface Replacement {
  /** The kernel, gradient or class that it changes. */
  name: string;
  install(): void;
}

/** A kernel as TensorFlow.js calls it, with its inputs and attributes typed; it may leave a call to the original. */
type KernelFunction<Inputs, Attributes, Result> = (
  inputs: Inputs,
  attributes: Attributes,
  original: () => Result,
) => Result;

/** Replaces the native backend's kernel of a name. */
export function kernelReplacement<Inputs, Attributes, Result>(
  name: string,
  kernel: KernelFunction<Inputs, Attributes, Result>,
): Replacement {
  return {
    name,
    install() {
      const original = tf.getKernel(name, 'tensorflow');
      tf.unregisterKernel(name, 'tensorflow');
      tf.registerKernel({
        ...original,
        kernelFunc: (parameters) =>
          kernel(
            parameters.inputs as Inputs,
            parameters.attrs as Attributes,
            () => original.kernelFunc(parameters) as Result,
          ) as ReturnType<typeof original.kernelFunc>,
      });
    },
  };
}

/** Replaces the gradient of a kernel. */
export function gradientReplacement(config: Parameters<typeof tf.registerGradient>[0]): Replacement {
  return {
    name: config.kernelName,
    install() {
      tf.unregisterGradient(config.kernelName);
      tf.registerGradient(config);
    },
  };
}

/** A kernel that TensorFlow.js doesn't have, with its gradient, so that `tf.grads`, `tf.variableGrads` and `tidy` take it like any other. */
export function newKernel(
  kernelName: string,
  kernelFunc: Parameters<typeof tf.registerKernel>[0]['kernelFunc'],
  gradient: Omit<Parameters<typeof tf.registerGradient>[0], 'kernelName'>,
): Replacement {
  return {
    name: kernelName,
    install() {
      tf.registerKernel({ kernelName, backendName: 'tensorflow', kernelFunc });
      tf.registerGradient({ kernelName, ...gradient });
    },
  };
}
