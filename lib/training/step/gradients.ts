/**
 * The backward pass of a network.
 */
import type { Batch } from '../../data/batch';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { variableOf } from '../../models/weights';
import type { Criterion } from './crossEntropy';

/** A network's trainable weights as variables, as PyTorch's `net.parameters()`. */
export function parameters(net: TensorFlow.LayersModel): TensorFlow.Variable[] {
  return net.trainableWeights.map(variableOf);
}

/** What a backward pass gives. */
export interface Gradients {
  loss: TensorFlow.Scalar;
  logits: TensorFlow.Tensor2D; // [n, classes]
  /** By the names of the parameters' variables. */
  grads: TensorFlow.NamedTensorMap;
}

/** The loss of a batch with its gradients by the parameters. */
export function gradientsOf(
  net: TensorFlow.LayersModel,
  { images, labels }: Batch,
  criterion: Criterion,
): Gradients {
  let logits!: TensorFlow.Tensor2D; // [n, classes]
  const { value: loss, grads } = tf.variableGrads(() => {
    logits = tf.keep(net.apply(images, { training: true }) as TensorFlow.Tensor2D);
    return criterion(logits, labels);
  }, parameters(net));
  return { loss, logits, grads };
}
