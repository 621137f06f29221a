/**
 * The one function through which all training, evaluation and prediction runs.
 */
import { type TensorFlow, tf } from './tensorflow';

/** What a step may return: tensors, on their own or in arrays and records. */
export type StepOutput = TensorFlow.Tensor | { [name: string]: StepOutput } | StepOutput[];

/** A compiled step: called like the function it was made from. */
export interface Step<Inputs extends TensorFlow.Tensor[], Output extends StepOutput> {
  (...inputs: Inputs): Output;
  /** Frees what the step holds. The step can't be called afterwards; its variables live on. */
  dispose(): void;
}

/**
 * Makes a step of a function over tensors and variables.
 *
 * @param fn reads its inputs and any `tf.Variable`, may assign variables, returns tensors. No input is disposed.
 * @returns the step. Its outputs belong to the caller, who disposes them.
 */
export function compile<Inputs extends TensorFlow.Tensor[], Output extends StepOutput>(
  fn: (...inputs: Inputs) => Output,
): Step<Inputs, Output> {
  const step = (...inputs: Inputs): Output => tf.tidy(() => fn(...inputs));
  return Object.assign(step, { dispose: () => {} });
}
