/**
 * TensorFlow's own fused operations and gradients that TensorFlow.js doesn't reach, as TensorFlow.js kernels.
 *
 * A kernel that is registered with its gradient takes part in `tf.grads`, `tf.variableGrads` and `tidy` like any other.
 */
import { type Attribute, type AttributeList, floatType, nativeBackend, typeAttribute } from './backend';
import { type TensorFlow, tf } from './tensorflow';

type Saved = TensorFlow.Tensor[];

const BATCH_NORM = 'FusedBatchNormTraining';
const CROSS_ENTROPY = 'SoftmaxCrossEntropyWithLogits';

function batchNormAttributes(epsilon: number): AttributeList {
  const { binding } = nativeBackend();
  return [
    typeAttribute('T', floatType()),
    typeAttribute('U', floatType()),
    { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: epsilon },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
  ];
}

tf.registerKernel({
  kernelName: BATCH_NORM,
  backendName: 'tensorflow',
  kernelFunc: ({ inputs, attrs }) => {
    const { x, scale, offset, mean, variance } = inputs as Record<string, TensorFlow.Tensor>;
    const { epsilon, momentum } = attrs as { epsilon: number; momentum: number };
    const share: Attribute = {
      name: 'exponential_avg_factor',
      type: nativeBackend().binding.TF_ATTR_FLOAT,
      value: 1 - momentum,
    };
    return nativeBackend().executeMultipleOutputs(
      'FusedBatchNormV3',
      [...batchNormAttributes(epsilon), share],
      [x, scale, offset, mean, variance],
      6,
    );
  },
});

tf.registerGradient({
  kernelName: BATCH_NORM,
  inputsToSave: ['x', 'scale'],
  outputsToSave: [false, false, false, true, true, true],
  gradFunc: (dy: TensorFlow.Tensor | TensorFlow.Tensor[], saved: Saved, attrs) => {
    const [dx, dScale, dOffset] = nativeBackend().executeMultipleOutputs(
      'FusedBatchNormGradV3',
      batchNormAttributes(attrs.epsilon as number),
      [(dy as TensorFlow.Tensor[])[0], ...saved],
      5,
    );
    return { x: () => dx, scale: () => dScale, offset: () => dOffset };
  },
});

/** What batch normalization reads and keeps besides its input, each `[c]`. */
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

/**
 * Batch normalization in training, moving statistics included, as one operation with one gradient operation.
 *
 * The batch's variance enters the moving one unbiased, with n / (n - 1), as in PyTorch.
 *
 * @param x `[n, h, w, c]`
 * @param options `epsilon` is added to the variance; `momentum` is the share of the old moving statistics that stays
 * @returns `y` of x's shape; the next moving `mean` and `variance`, each `[c]`
 * @see Ioffe and Szegedy 2015, "Batch Normalization", algorithm 1
 */
export function batchNormTraining(
  x: TensorFlow.Tensor4D,
  { scale, offset, mean, variance }: BatchNormState,
  { epsilon, momentum }: { epsilon: number; momentum: number },
): { y: TensorFlow.Tensor4D; mean: TensorFlow.Tensor1D; variance: TensorFlow.Tensor1D } {
  const outputs: TensorFlow.Tensor[] = tf
    .engine()
    .runKernel(BATCH_NORM, { x, scale, offset, mean, variance }, { epsilon, momentum });
  return {
    y: outputs[0] as TensorFlow.Tensor4D,
    mean: outputs[1] as TensorFlow.Tensor1D,
    variance: outputs[2] as TensorFlow.Tensor1D,
  };
}

tf.registerKernel({
  kernelName: CROSS_ENTROPY,
  backendName: 'tensorflow',
  kernelFunc: ({ inputs }) => {
    const { logits, targets } = inputs as Record<string, TensorFlow.Tensor>;
    return nativeBackend().executeMultipleOutputs(
      CROSS_ENTROPY,
      [typeAttribute('T', floatType())],
      [logits, targets],
      2,
    );
  },
});

tf.registerGradient({
  kernelName: CROSS_ENTROPY,
  inputsToSave: [],
  outputsToSave: [false, true],
  gradFunc: (dy: TensorFlow.Tensor | TensorFlow.Tensor[], saved: Saved) => {
    const [dLoss] = dy as TensorFlow.Tensor[]; // [n]
    const [dLogits] = saved; // [n, classes], softmax(logits) - targets
    return { logits: () => tf.mul(tf.expandDims(dLoss, 1), dLogits) };
  },
});

/**
 * Softmax and cross-entropy in one operation, stable for logits of any size.
 *
 * @param logits `[n, classes]`
 * @param targets probabilities, `[n, classes]`, rows summing to 1; no gradient flows into them
 * @returns the loss of each example, `[n]`
 */
export function softmaxCrossEntropy(
  logits: TensorFlow.Tensor2D,
  targets: TensorFlow.Tensor2D,
): TensorFlow.Tensor1D {
  const outputs: TensorFlow.Tensor[] = tf.engine().runKernel(CROSS_ENTROPY, { logits, targets });
  return outputs[0] as TensorFlow.Tensor1D;
}

/**
 * Numbers of a normal distribution cut at two standard deviations, the same ones for the same seed.
 *
 * @param seed an integer
 * @returns float32 of the given shape; mean 0, deviation 1 before the cut
 */
export function truncatedNormal(shape: number[], seed: number): TensorFlow.Tensor {
  const { binding } = nativeBackend();
  return tf.tidy(() =>
    nativeBackend().executeSingleOutput(
      'StatelessTruncatedNormal',
      [
        typeAttribute('dtype', floatType()),
        typeAttribute('T', binding.TF_INT32),
        typeAttribute('Tseed', binding.TF_INT32),
      ],
      [tf.tensor1d(shape, 'int32'), tf.tensor1d([seed, 0], 'int32')],
    ),
  );
}
