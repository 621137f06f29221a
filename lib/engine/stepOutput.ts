/** What a step returns: tensors, on their own or in arrays and records. */
import { type TensorFlow, tf } from './tensorflow';

/** Tensors on their own or in arrays and records. */
export type StepOutput = TensorFlow.Tensor | { [name: string]: StepOutput } | StepOutput[];

/** An output of the same structure with each tensor replaced. */
export function mapTensors(
  output: StepOutput,
  replace: (tensor: TensorFlow.Tensor) => TensorFlow.Tensor,
): StepOutput {
  if (output instanceof tf.Tensor) return replace(output);
  if (Array.isArray(output)) return output.map((part) => mapTensors(part, replace));
  return Object.fromEntries(Object.entries(output).map(([name, part]) => [name, mapTensors(part, replace)]));
}

/** The tensors of an output, in the order in which `mapTensors` meets them. */
export function tensorsIn(output: StepOutput): TensorFlow.Tensor[] {
  const tensors: TensorFlow.Tensor[] = [];
  mapTensors(output, (tensor) => {
    tensors.push(tensor);
    return tensor;
  });
  return tensors;
}
