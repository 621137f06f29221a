/**
 * One step of training, compiled: forward, backward, update.
 */
import type { Batch, BatchDraws } from '../../data/batch';
import { type CompileOptions, compile, type Step } from '../../engine/compile';
import { choose } from '../../engine/operations/choose';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { ConfigError } from '../../errors';
import type { WeightAverage } from '../optimizer/averaging';
import { type ClippingOptions, clipped } from '../optimizer/clipping';
import type { Optimizer, Rates } from '../optimizer/optimizer';
import { applyConstraints, withPenalties } from '../optimizer/regularization';
import { type Criterion, criterionFor } from './crossEntropy';
import { gradientsOnDevices, sessionOf } from './dataParallel';
import { gradientsOf, meanGradients, parameters } from './gradients';
import type { LossScale } from './lossScale';
import { readStatistics, writeStatistics } from './statistics';

/** What training takes: the rates of steps that are taken one after the other, and the batches, one or more a step. */
export type TrainingInputs = {
  lr: TensorFlow.Tensor1D; // [steps]
  momentum: TensorFlow.Tensor1D; // [steps]
  batches: (Batch | BatchDraws)[];
};

/** Gives each batch's loss and how many were right, before its step. */
export type TrainingStep = Step<
  [inputs: TrainingInputs],
  { loss: TensorFlow.Tensor1D; correct: TensorFlow.Tensor1D } // [batches]
>;

export interface TrainingStepOptions extends CompileOptions, ClippingOptions {
  optimizer: Optimizer;
  criterion: Criterion;
  /** Batches whose gradients are averaged for a step. Default 1. */
  accumulate?: number;
  /** Is given the weights after each step. */
  average?: WeightAverage;
  /** For float16. */
  lossScale?: LossScale;
  /** Devices to share each batch. */
  devices?: readonly string[];
  /** Seconds that a call may take on workers. Default 30. */
  workerTimeout?: number;
  /** Whether gradients cross from one device to another as bfloat16. Default false. */
  compressGradients?: boolean;
  /** Whether batch normalization is over the whole batch that devices share. Default false. */
  syncBatchNorm?: boolean;
  /** Makes the batch of what the step is fed, as `DataLoader.batch`. Default: it is fed the batch itself. */
  makeBatch?(tensors: Batch | BatchDraws): Batch;
  /** Whether a part of what the step is fed makes that part of the batch. Default true. */
  areDivisible?: boolean;
}

/** All of a training step, compiled. Its outputs are as before each update. Who calls disposes it. */
export function compileTraining(
  net: TensorFlow.LayersModel,
  {
    optimizer,
    criterion,
    lossScale: scale,
    accumulate = 1,
    average,
    clipNorm,
    clipValue,
    devices = [],
    workerTimeout,
    compressGradients = false,
    syncBatchNorm = false,
    makeBatch = (tensors) => tensors as Batch,
    areDivisible = true,
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
  const sharing = { devices, makeBatch, areDivisible, compressGradients, syncBatchNorm };
  const gradients = (inputs: Batch | BatchDraws) => {
    const scaled: Criterion = (logits, labels) => {
      const loss = withPenalties(net, lossOf(logits, labels));
      return scale ? scale.apply(loss) : loss;
    };
    const { loss, logits, classes, grads } =
      devices.length > 0
        ? gradientsOnDevices(net, inputs, scaled, sharing)
        : gradientsOf(net, makeBatch(inputs), scaled);
    const correct: TensorFlow.Scalar = tf.sum(tf.equal(tf.argMax(logits, 1), classes));
    logits.dispose();
    return { loss, grads, correct };
  };
  const update = (rates: Rates, batches: (Batch | BatchDraws)[]) => {
    const before = readStatistics(net);
    const { losses, corrects, grads } = meanGradients(batches, gradients);
    const finite = tf.all(tf.isFinite(tf.stack(losses))) as TensorFlow.Scalar;
    writeStatistics(net, (now, i) => choose(finite, now, before[i]));
    const removed = scale ? scale.remove(losses, grads) : { losses, grads, finite };
    optimizer.apply(clipped(removed.grads, { clipNorm, clipValue }), params, rates, removed.finite);
    applyConstraints(net);
    average?.addStep(removed.finite);
    return removed.losses.map((loss, i) => ({ loss, correct: corrects[i] }));
  };
  return compile(
    ({ lr, momentum, batches }: TrainingInputs) => {
      const [lrs, momentums] = [tf.unstack(lr), tf.unstack(momentum)] as TensorFlow.Scalar[][];
      const updates = lrs.flatMap((lr, i) => {
        const own = batches.slice(i * accumulate, (i + 1) * accumulate);
        return update({ lr, momentum: momentums[i] }, own);
      });
      return {
        loss: tf.stack(updates.map(({ loss }) => loss)) as TensorFlow.Tensor1D, // [batches]
        correct: tf.stack(updates.map(({ correct }) => correct)) as TensorFlow.Tensor1D, // [batches]
      };
    },
    options,
    sessionOf(devices, workerTimeout),
  );
}
