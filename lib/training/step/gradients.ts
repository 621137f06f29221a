/**
 * The backward pass of a network.
 */
import type { Batch, BatchDraws } from '../../data/batch';
import { mapTensors } from '../../engine/operations/mapTensors';
import { recordAfter } from '../../engine/recording/active';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { variableOf } from '../../models/weights';
import { type Criterion, classesOf, targetsOf } from './crossEntropy';

/** A network's trainable weights as variables, as PyTorch's `net.parameters()`. */
export function parameters(net: TensorFlow.LayersModel): TensorFlow.Variable[] {
  return net.trainableWeights.map(variableOf);
}

/** What a backward pass gives. */
export interface Gradients {
  loss: TensorFlow.Scalar;
  logits: TensorFlow.Tensor2D; // [n, classes]
  /** Which class is right. */
  classes: TensorFlow.Tensor1D; // [n]
  /** By the names of the parameters' variables. */
  grads: TensorFlow.NamedTensorMap;
}

/** The loss of a batch with its gradients by the parameters. */
export function gradientsOf(net: TensorFlow.LayersModel, batch: Batch, criterion: Criterion): Gradients {
  let logits!: TensorFlow.Tensor2D; // [n, classes]
  const { value: loss, grads } = tf.variableGrads(() => {
    logits = tf.keep(net.apply(batch.images, { training: true }) as TensorFlow.Tensor2D);
    return criterion(logits, targetsOf(batch));
  }, parameters(net));
  return { loss, logits, classes: classesOf(batch), grads };
}

/** How many images a batch has, or is made of. */
export function lengthOf(inputs: Batch | BatchDraws): number {
  return ('draws' in inputs ? inputs.draws : inputs.labels).shape[0];
}

/** What is known of one of the batches of a step. */
interface BatchGradients {
  loss: TensorFlow.Scalar;
  correct: TensorFlow.Scalar;
  grads: TensorFlow.NamedTensorMap;
}

/**
 * The gradients of several batches, as of one that has all of their images. Each batch waits for the one before it, so that only one has its
 * activations in memory.
 */
export function meanGradients(
  batches: readonly (Batch | BatchDraws)[],
  gradients: (inputs: Batch | BatchDraws) => BatchGradients,
): { losses: TensorFlow.Scalar[]; corrects: TensorFlow.Scalar[]; grads: TensorFlow.NamedTensorMap } {
  const images = batches.reduce((sum, batch) => sum + lengthOf(batch), 0);
  const parts: BatchGradients[] = [];
  let sums: TensorFlow.NamedTensorMap | undefined;
  for (const batch of batches) {
    const before = sums;
    // The first parameter's gradient is the last of the backward pass.
    const part = before ? recordAfter(Object.values(before)[0], () => gradients(batch)) : gradients(batch);
    parts.push(part);
    const share = lengthOf(batch) / images;
    sums = mapTensors(part.grads, (gradient, name) => {
      const own = share === 1 ? gradient : tf.mul(gradient, share);
      return before ? tf.add(before[name], own) : own;
    });
  }
  return {
    losses: parts.map(({ loss }) => loss),
    corrects: parts.map(({ correct }) => correct),
    grads: sums!,
  };
}
