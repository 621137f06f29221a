/**
 * Batch normalization as TensorFlow.js's kernels, in training with its gradient: the library's own operations
 * (native/batch_norm_operations.cc) where they are faster, TensorFlow's fused one elsewhere.
 *
 * A kernel that is registered with its gradient takes part in `tf.grads`, `tf.variableGrads` and `tidy` like any other.
 */
import { currentReplica } from '../recording/replicas';
import { type AttributeList, type DataId, floatType, nativeBackend, typeAttribute } from '../runtime/backend';
import { hasNativeOperations } from '../runtime/session';
import { type TensorFlow, tf } from '../runtime/tensorflow';
import { fusionsOf, registerFusions } from './fusion';
import { reluGradientOf } from './reluGradient';
import { kernelReplacement, newKernel, type Replacement } from './replacement';
import { SYNC_BATCH_NORM } from './syncBatchNorm';

const KERNEL = 'FusedBatchNormTraining';

interface Inputs extends BatchNormState {
  x: TensorFlow.Tensor;
}

/** The settings of batch normalization. */
export interface BatchNormOptions {
  /** Added to the variance. */
  epsilon: number;
  /** The share of the old moving statistics that stays. */
  momentum: number;
}

/** The outputs are y, the next moving mean and variance, and what the gradient takes in addition to x, scale and offset. */
interface Implementation {
  forward(inputs: Inputs, options: BatchNormOptions): TensorFlow.Tensor[];
  /** Gives the gradients of x, scale and offset. `saved` are x, scale and offset, and the forward pass's last outputs. */
  gradient(dy: TensorFlow.Tensor, saved: TensorFlow.Tensor[], options: BatchNormOptions): TensorFlow.Tensor[];
}

function floatAttribute(name: string, value: number): AttributeList[number] {
  return { name, type: nativeBackend().binding.TF_ATTR_FLOAT, value };
}

function fusedAttributes(epsilon: number): AttributeList {
  const { binding } = nativeBackend();
  return [
    typeAttribute('T', floatType()),
    typeAttribute('U', floatType()),
    floatAttribute('epsilon', epsilon),
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
  ];
}

const tensorflows: Implementation = {
  forward: ({ x, scale, offset, mean, variance }, { epsilon, momentum }) =>
    nativeBackend().executeMultipleOutputs(
      'FusedBatchNormV3',
      [...fusedAttributes(epsilon), floatAttribute('exponential_avg_factor', 1 - momentum)],
      [x, scale, offset, mean, variance],
      6,
    ),
  gradient: (dy, [x, scale, , ...reserved], { epsilon }) =>
    nativeBackend().executeMultipleOutputs(
      'FusedBatchNormGradV3',
      fusedAttributes(epsilon),
      [dy, x, scale, ...reserved],
      5,
    ),
};

// The x that an output after ReLU was normalized from, where ReLU is part of the operation and nothing was added.
const rectifiedOf = new WeakMap<DataId, DataId>();

function reluAttribute(value: boolean): AttributeList {
  return [{ name: 'relu', type: nativeBackend().binding.TF_ATTR_BOOL, value }];
}

/** Normalizes, adds and rectifies in one operation, as far as that is asked for. */
function apply(
  inputs: TensorFlow.Tensor[],
  addend: TensorFlow.Tensor | undefined,
  relu: boolean,
): TensorFlow.Tensor {
  const y = nativeBackend().executeSingleOutput(
    addend ? 'BatchNormApplyAdd' : 'BatchNormApply',
    reluAttribute(relu),
    addend ? [...inputs, addend] : inputs,
  );
  if (relu) {
    if (addend) return y;
    rectifiedOf.set(y.dataId, inputs[0].dataId);
    registerFusions(y, inputs, { recompute: () => apply(inputs, undefined, true) });
    return y;
  }
  registerFusions(y, addend ? [...inputs, addend] : inputs, {
    relu: () => apply(inputs, addend, true),
    ...(addend ? {} : { add: (other: TensorFlow.Tensor) => apply(inputs, other, false) }),
  });
  return y;
}

const own: Implementation = {
  forward({ x, scale, offset, mean, variance }, { epsilon, momentum }) {
    const attributes = [floatAttribute('epsilon', epsilon), floatAttribute('momentum', momentum)];
    const [nextMean, nextVariance, batchMean, inverseDeviation] =
      fusionsOf(x)?.moments?.([mean, variance], attributes) ??
      nativeBackend().executeMultipleOutputs('BatchNormMoments', attributes, [x, mean, variance], 4);
    const y = apply([x, scale, offset, batchMean, inverseDeviation], undefined, false);
    return [y, nextMean, nextVariance, batchMean, inverseDeviation];
  },
  gradient(dy, [x, ...saved]) {
    const rectified = reluGradientOf(dy);
    const relu = rectified !== undefined && rectifiedOf.get(rectified.y.dataId) === x.dataId;
    return nativeBackend().executeMultipleOutputs(
      'BatchNormGradient',
      reluAttribute(relu),
      [relu ? rectified.dy : dy, x, ...saved],
      3,
    );
  },
};

function implementation(): Implementation {
  return hasNativeOperations() ? own : tensorflows;
}

/** Batch normalization in inference and in training. */
export const batchNorm: readonly Replacement[] = [
  kernelReplacement(
    'FusedBatchNorm',
    (
      { x, scale, offset, mean, variance }: Omit<Inputs, 'scale' | 'offset'> & Partial<BatchNormState>,
      { varianceEpsilon }: { varianceEpsilon: number },
      original: () => TensorFlow.Tensor,
    ) => {
      if (x.rank !== 4 || mean.rank !== 1 || !hasNativeOperations()) return original();
      return tf.tidy(() => {
        const inverseDeviation = tf.rsqrt(tf.add(variance, varianceEpsilon));
        const inputs = [
          x,
          scale ?? tf.ones(mean.shape),
          offset ?? tf.zeros(mean.shape),
          mean,
          inverseDeviation,
        ];
        return apply(inputs, undefined, false);
      });
    },
  ),
  newKernel(
    KERNEL,
    ({ inputs, attrs }) =>
      implementation().forward(inputs as unknown as Inputs, attrs as unknown as BatchNormOptions),
    {
      inputsToSave: ['x', 'scale', 'offset'],
      outputsToSave: [false, false, false, true, true, true],
      gradFunc: (dy, saved, attrs) => {
        const [dx, dScale, dOffset] = implementation().gradient(
          (dy as TensorFlow.Tensor[])[0],
          saved,
          attrs as unknown as BatchNormOptions,
        );
        return { x: () => dx, scale: () => dScale, offset: () => dOffset };
      },
    },
  ),
];

/** What batch normalization reads and keeps in addition to its input, each `[c]`. */
export interface BatchNormState {
  /** gamma */
  scale: TensorFlow.Tensor;
  /** beta */
  offset: TensorFlow.Tensor;
  /** The moving mean. */
  mean: TensorFlow.Tensor;
  /** The moving variance. */
  variance: TensorFlow.Tensor;
}

/** What batch normalization gives in training. */
interface Normalized {
  /** Of the input's shape. */
  y: TensorFlow.Tensor4D;
  /** The next moving mean. */
  mean: TensorFlow.Tensor1D; // [c]
  /** The next moving variance. */
  variance: TensorFlow.Tensor1D; // [c]
}

/**
 * Batch normalization in training, moving statistics included, with one gradient operation. Where a replica is being recorded, it is over the
 * whole batch of which that has a part.
 *
 * The batch's variance enters the moving one unbiased, with n / (n - 1), as in PyTorch.
 *
 * @param x `[n, h, w, c]`
 * @see Ioffe and Szegedy 2015, "Batch Normalization", algorithm 1
 */
export function batchNormTraining(
  x: TensorFlow.Tensor4D,
  { scale, offset, mean, variance }: BatchNormState,
  { epsilon, momentum }: BatchNormOptions,
): Normalized {
  const outputs: TensorFlow.Tensor[] = tf
    .engine()
    .runKernel(
      currentReplica() ? SYNC_BATCH_NORM : KERNEL,
      { x, scale, offset, mean, variance },
      { epsilon, momentum },
    );
  return {
    y: outputs[0] as TensorFlow.Tensor4D,
    mean: outputs[1] as TensorFlow.Tensor1D,
    variance: outputs[2] as TensorFlow.Tensor1D,
  };
}
