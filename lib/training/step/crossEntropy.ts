/**
 * The loss of a classifier.
 */
import { checkForm } from '../../checks';
import type { Batch } from '../../data/batch';
import { softmaxCrossEntropy } from '../../engine/operations/crossEntropy';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { ConfigError, ModelError } from '../../errors';
import { outputKind } from '../../models/outputs';

/**
 * Tells how wrong a network is: the mean loss over a batch.
 *
 * It becomes part of a step that is recorded once, so it is made of tensor operations alone and reads no values.
 *
 * @param logits `[n, classes]`; probabilities where the network ends in softmax or sigmoid
 * @param labels int32 `[n]`, each in 0..classes - 1; where the loader mixes images, soft labels instead, the shares of the classes, float32 `[n, classes]`
 */
export type Criterion = (logits: TensorFlow.Tensor2D, labels: TensorFlow.Tensor1D) => TensorFlow.Scalar;

/** What `crossEntropy` takes. */
export interface CrossEntropyOptions {
  /** Share of the target that is spread evenly over all classes, 0..1. Default 0. */
  labelSmoothing?: number;
}

/** What is known of a criterion that `crossEntropy` made. */
interface Known {
  labelSmoothing: number;
  /** The same loss, of probabilities. */
  ofProbabilities: Criterion;
}

const made = new WeakMap<Criterion, Known>();

/** Probabilities are kept this far from 0 and 1 before their logarithm is taken, as in Keras. */
const EPSILON = 1e-7;

/**
 * Softmax and cross-entropy against class labels, PyTorch's `CrossEntropyLoss`: the mean over the batch, in nats.
 *
 * For a network that ends in softmax, `train` and `evaluate` leave the softmax out and compute the cross-entropy of the probabilities, as
 * Keras's `CategoricalCrossentropy` does.
 *
 * @throws ConfigError for a labelSmoothing outside of 0..1
 * @see Szegedy et al. 2016, "Rethinking the Inception Architecture for Computer Vision", section 7, for label smoothing
 */
export function crossEntropy(options: CrossEntropyOptions = {}): Criterion {
  const { labelSmoothing = 0 } = checkForm(
    'options',
    options,
    {},
    'Give for example { labelSmoothing: 0.1 }.',
  );
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ConfigError(
      `labelSmoothing is ${labelSmoothing}.`,
      'Give it a number from 0 to 1; 0.1 is usual.',
    );
  }
  const against = (loss: (of: TensorFlow.Tensor2D, targets: TensorFlow.Tensor2D) => TensorFlow.Tensor1D) => {
    const criterion: Criterion = (outputs, labels) =>
      tf.tidy(() => {
        const targets = smoothed(labels, outputs.shape[1], labelSmoothing);
        return tf.mean(loss(outputs, targets));
      });
    return criterion;
  };
  const criterion = against(softmaxCrossEntropy);
  made.set(criterion, { labelSmoothing, ofProbabilities: against(probabilityCrossEntropy) });
  return criterion;
}

/**
 * What a network is to give. // [n, classes]
 *
 * @throws ConfigError for shares of another number of classes
 */
function smoothed(labels: TensorFlow.Tensor, classes: number, smoothing: number): TensorFlow.Tensor2D {
  const even = smoothing / classes;
  if (labels.rank === 1) {
    return tf.oneHot(labels, classes, 1 - smoothing + even, even, 'float32') as TensorFlow.Tensor2D;
  }
  if (labels.shape[1] !== classes) {
    throw new ConfigError(
      `The labels are shares of ${labels.shape[1]} classes, the network has ${classes} outputs.`,
      'Give labels of [n, classes], or class indices of [n].',
    );
  }
  return tf.add(tf.mul(labels, 1 - smoothing), even) as TensorFlow.Tensor2D;
}

/** What a criterion is given of a batch: class indices, or soft labels in the same place. */
export function targetsOf({ labels, softLabels }: Batch): TensorFlow.Tensor1D {
  return (softLabels ?? labels) as TensorFlow.Tensor1D;
}

/** The class of each image: where images are mixed, the one with the largest share. // [n] */
export function classesOf({ labels, softLabels }: Batch): TensorFlow.Tensor1D {
  return softLabels ? tf.argMax(softLabels, 1) : labels;
}

/** The cross-entropy of each example, `[n]`, of probabilities and targets `[n, classes]`. */
function probabilityCrossEntropy(
  probabilities: TensorFlow.Tensor2D,
  targets: TensorFlow.Tensor2D,
): TensorFlow.Tensor1D {
  const shares = tf.div(probabilities, tf.sum(probabilities, 1, true));
  const logs = tf.log(tf.clipByValue(shares, EPSILON, 1 - EPSILON));
  return tf.neg(tf.sum(tf.mul(targets, logs), 1)) as TensorFlow.Tensor1D;
}

/** The label smoothing of a criterion that `crossEntropy` made; undefined for any other. */
export function labelSmoothingOf(criterion: Criterion): number | undefined {
  return made.get(criterion)?.labelSmoothing;
}

/**
 * The criterion for what a network gives: `crossEntropy` takes probabilities as such where it ends in softmax. A criterion of the user's own
 * is given the outputs as they are.
 *
 * @throws ModelError for `crossEntropy` and a network that ends in sigmoid
 */
export function criterionFor(net: TensorFlow.LayersModel, criterion: Criterion): Criterion {
  const known = made.get(criterion);
  const kind = outputKind(net);
  if (known && kind === 'sigmoid') {
    throw new ModelError(
      'The network ends in sigmoid, which rates each class by itself; crossEntropy needs one choice among the classes.',
      'End the network in softmax or without activation, or give a criterion of your own for these outputs.',
    );
  }
  return known && kind === 'softmax' ? known.ofProbabilities : criterion;
}
