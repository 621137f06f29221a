/**
 * The networks of the benchmark of nothing but TensorFlow.js's layers, for "plain TensorFlow.js": nothing here imports what
 * replaces kernels, gradients or layers of TensorFlow.js.
 */
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';

type Symbolic = TensorFlow.SymbolicTensor;

const DEPTHS: Record<string, { blocks: number[]; bottleneck: boolean }> = {
  resnet10: { blocks: [1, 1, 1, 1], bottleneck: false },
  resnet18: { blocks: [2, 2, 2, 2], bottleneck: false },
  resnet34: { blocks: [3, 4, 6, 3], bottleneck: false },
  resnet50: { blocks: [3, 4, 6, 3], bottleneck: true },
  resnet101: { blocks: [3, 4, 23, 3], bottleneck: true },
  resnet152: { blocks: [3, 8, 36, 3], bottleneck: true },
};

/** A convolution without bias, and batch normalization. */
function convNorm(x: Symbolic, filters: number, kernelSize: number, strides = 1): Symbolic {
  const convolution = tf.layers.conv2d({ filters, kernelSize, strides, padding: 'same', useBias: false });
  return tf.layers
    .batchNormalization({ epsilon: 1e-5, momentum: 0.9 })
    .apply(convolution.apply(x)) as Symbolic;
}

const relu = (x: Symbolic) => tf.layers.reLU({}).apply(x) as Symbolic;

function block(x: Symbolic, channels: number, stride: number, bottleneck: boolean): Symbolic {
  const filters = bottleneck ? 4 * channels : channels;
  const branch = bottleneck
    ? convNorm(relu(convNorm(relu(convNorm(x, channels, 1)), channels, 3, stride)), filters, 1)
    : convNorm(relu(convNorm(x, channels, 3, stride)), filters, 3);
  const shortcut = stride === 1 && x.shape[3] === filters ? x : convNorm(x, filters, 1, stride);
  return relu(tf.layers.add().apply([branch, shortcut]) as Symbolic);
}

/** Makes a network by its name, `[n, 32, 32, 3]` → logits `[n, 10]`. */
export function plainNetwork(name: string, width: number): TensorFlow.LayersModel {
  const { blocks, bottleneck } = DEPTHS[name];
  const input = tf.input({ shape: [32, 32, 3] });
  let x = relu(convNorm(input, width, 3)); // [n, 32, 32, width]
  blocks.forEach((count, stage) => {
    for (let i = 0; i < count; i++) {
      x = block(x, width * 2 ** stage, i === 0 && stage > 0 ? 2 : 1, bottleneck);
    }
  }); // [n, 4, 4, 8 * width]
  const features = tf.layers.flatten().apply(tf.layers.averagePooling2d({ poolSize: 4 }).apply(x));
  return tf.model({ inputs: input, outputs: tf.layers.dense({ units: 10 }).apply(features) as Symbolic });
}
