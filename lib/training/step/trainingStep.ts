/**
 * One step of training, compiled: forward, backward, update.
 */
import type { Batch, BatchDraws } from '../../data/batch';
import { type CompileOptions, compile, type SessionOptions, type Step } from '../../engine/compile';
import { choose } from '../../engine/operations/choose';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { ConfigError } from '../../errors';
import { applyConstraints, withPenalties } from '../optimizer/regularization';
import type { SGD } from '../optimizer/sgd';
import { type Criterion, criterionFor } from './crossEntropy';
import { cpusOf, gradientsOnDevices } from './dataParallel';
import { gradientsOf, parameters } from './gradients';
import type { LossScale } from './lossScale';
import { readStatistics, writeStatistics } from './statistics';

/** What a training step takes: the rates of k batches, and the batches, which are trained on one after the other. */
export type TrainingInputs = {
  lr: TensorFlow.Tensor1D; // [k]
  momentum: TensorFlow.Tensor1D; // [k]
  batches: (Batch | BatchDraws)[];
};

/** Gives each batch's loss and how many were right, before the batch's update. */
export type TrainingStep = Step<
  [inputs: TrainingInputs],
  { loss: TensorFlow.Tensor1D; correct: TensorFlow.Tensor1D } // [k]
>;

export interface TrainingStepOptions extends CompileOptions {
  optimizer: SGD;
  criterion: Criterion;
  /** For float16. */
  lossScale?: LossScale;
  /** Devices to share each batch. */
  devices?: readonly string[];
  /** Makes the batch of what the step is fed, as `DataLoader.batch`. Default: it is fed the batch itself. */
  makeBatch?(tensors: Batch | BatchDraws): Batch;
  /** For benchmarks. */
  session?: SessionOptions;
}

/** All of a training step, compiled. Its outputs are as before each update. Who calls disposes it. */
export function compileTraining(
  net: TensorFlow.LayersModel,
  {
    optimizer,
    criterion,
    lossScale: scale,
    devices = [],
    makeBatch = (tensors) => tensors as Batch,
    session,
    ...options
  }: TrainingStepOptions,
): TrainingStep {
  const params = parameters(net);
  const lossOf = criterionFor(net, criterion);
  if (devices.length > 0 && options.compile === false) {
    throw new ConfigError(
      'Only a compiled step is shared by devices.',
      'Leave out devices, or `compile: false`.',
    );
  }
  const update = (lr: TensorFlow.Scalar, momentum: TensorFlow.Scalar, batch: Batch) => {
    const scaled: Criterion = (logits, labels) => {
      const loss = withPenalties(net, lossOf(logits, labels));
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
    ({ lr, momentum, batches }: TrainingInputs) => {
      const [lrs, momentums] = [tf.unstack(lr), tf.unstack(momentum)] as TensorFlow.Scalar[][];
      const updates = batches.map((batch, i) => update(lrs[i], momentums[i], makeBatch(batch)));
      return {
        loss: tf.stack(updates.map(({ loss }) => loss)) as TensorFlow.Tensor1D, // [k]
        correct: tf.stack(updates.map(({ correct }) => correct)) as TensorFlow.Tensor1D, // [k]
      };
    },
    options,
    { ...session, cpus: cpusOf(devices) },
  );
}
