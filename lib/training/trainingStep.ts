/**
 * One step of training, compiled: forward, backward, update.
 */
import type { Batch } from '../data/dataLoader';
import { choose } from '../engine/choose';
import { type CompileOptions, compile, type Step } from '../engine/compile';
import { type TensorFlow, tf } from '../engine/tensorflow';
import { ConfigError } from '../errors';
import type { Criterion } from './crossEntropy';
import { cpusOf, gradientsOnDevices } from './dataParallel';
import { gradientsOf } from './gradients';
import type { LossScale } from './lossScale';
import { parameters } from './parameters';
import { applyConstraints, withPenalties } from './regularization';
import type { SGD } from './sgd';
import { readStatistics, writeStatistics } from './statistics';

/**
 * Takes the rates of k batches one after the other, each a `[k]`, and then for each batch what a loader's `inputs` gave. Gives each
 * batch's loss and how many were right.
 */
export type TrainingStep = Step<
  [lr: TensorFlow.Tensor1D, momentum: TensorFlow.Tensor1D, ...batches: TensorFlow.Tensor[]],
  { loss: TensorFlow.Tensor1D; correct: TensorFlow.Tensor1D }
>;

export interface TrainingStepOptions extends CompileOptions {
  optimizer: SGD;
  criterion: Criterion;
  /** For float16. */
  lossScale?: LossScale;
  /** Devices to share each batch. */
  devices?: readonly string[];
  /** The batch of what the step is fed. Default: it is fed the images and the labels. */
  makeBatch?(inputs: TensorFlow.Tensor[]): Batch;
}

/** All of a training step, compiled. Its outputs are as before each update. Who calls disposes it. */
export function compileTraining(
  net: TensorFlow.LayersModel,
  {
    optimizer,
    criterion,
    lossScale: scale,
    devices = [],
    makeBatch = ([images, labels]) => ({
      images: images as TensorFlow.Tensor4D,
      labels: labels as TensorFlow.Tensor1D,
    }),
    ...options
  }: TrainingStepOptions,
): TrainingStep {
  const params = parameters(net);
  if (devices.length > 0 && options.compile === false) {
    throw new ConfigError(
      'Only a compiled step is shared by devices.',
      'Leave out devices, or `compile: false`.',
    );
  }
  const update = (lr: TensorFlow.Scalar, momentum: TensorFlow.Scalar, batch: Batch) => {
    const scaled: Criterion = (logits, labels) => {
      const loss = withPenalties(net, criterion(logits, labels));
      return scale ? scale.apply(loss) : loss;
    };
    const before = readStatistics(net);
    const { loss, logits, grads } =
      devices.length > 0 ? gradientsOnDevices(net, batch, scaled, devices) : gradientsOf(net, batch, scaled);
    const finite = tf.isFinite(loss) as TensorFlow.Scalar;
    writeStatistics(net, (now, i) => choose(finite, now, before[i]));
    const correct: TensorFlow.Scalar = tf.sum(tf.equal(tf.argMax(logits, 1), batch.labels));
    logits.dispose();
    if (!scale) {
      optimizer.apply(grads, params, lr, momentum, finite);
      applyConstraints(net);
      return { loss, correct };
    }
    const removed = scale.remove(loss, grads);
    optimizer.apply(removed.grads, params, lr, momentum, removed.finite);
    applyConstraints(net);
    return { loss: removed.loss, correct };
  };
  return compile(
    (lrs, momentums, ...inputs) => {
      const lr = tf.unstack(lrs) as TensorFlow.Scalar[];
      const momentum = tf.unstack(momentums) as TensorFlow.Scalar[];
      const perBatch = inputs.length / lr.length;
      const updates = lr.map((_, i) =>
        update(lr[i], momentum[i], makeBatch(inputs.slice(i * perBatch, (i + 1) * perBatch))),
      );
      return {
        loss: tf.stack(updates.map(({ loss }) => loss)) as TensorFlow.Tensor1D, // [k]
        correct: tf.stack(updates.map(({ correct }) => correct)) as TensorFlow.Tensor1D, // [k]
      };
    },
    { ...options, cpus: cpusOf(devices) },
  );
}
