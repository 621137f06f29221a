/**
 * The batch normalization layer of this library's networks: one fused operation in training.
 *
 * It saves and loads as TensorFlow.js's own `BatchNormalization`, so a saved network needs nothing of this library.
 */
import { batchNormTraining } from '../engine/batchNorm';
import { type TensorFlow, tf } from '../engine/tensorflow';

/** The fields of TensorFlow.js's layer that its declarations keep private. */
interface StandardLayer extends TensorFlow.layers.Layer {
  axis: number;
  momentum: number;
  epsilon: number;
  gamma?: TensorFlow.LayerVariable;
  beta?: TensorFlow.LayerVariable;
  movingMean: TensorFlow.LayerVariable;
  movingVariance: TensorFlow.LayerVariable;
}

// TensorFlow.js doesn't export the class itself.
const Standard = tf.layers.batchNormalization({}).constructor as unknown as new (
  config: object,
) => StandardLayer;

class BatchNormalization extends Standard {
  static readonly className = 'BatchNormalization';

  override call(
    inputs: TensorFlow.Tensor | TensorFlow.Tensor[],
    kwargs: { training?: boolean },
  ): TensorFlow.Tensor | TensorFlow.Tensor[] {
    const x = Array.isArray(inputs) ? inputs[0] : inputs;
    // The fused operation normalizes the last axis of images and wants both parameters.
    const fusable = x.rank === 4 && (this.axis === -1 || this.axis === 3) && this.gamma && this.beta;
    if (!kwargs.training || !fusable) return super.call(inputs, kwargs);
    return tf.tidy(() => {
      const state = {
        scale: this.gamma!.read(),
        offset: this.beta!.read(),
        mean: this.movingMean.read(),
        variance: this.movingVariance.read(),
      };
      const { y, mean, variance } = batchNormTraining(x as TensorFlow.Tensor4D, state, this);
      this.movingMean.write(mean);
      this.movingVariance.write(variance);
      return y;
    });
  }
}

// From here on `tf.loadLayersModel` makes this layer wherever a file says BatchNormalization.
tf.serialization.registerClass(
  BatchNormalization as unknown as Parameters<typeof tf.serialization.registerClass>[0],
);

/**
 * A batch normalization layer with PyTorch's defaults: epsilon 1e-5, and 0.9 of the moving statistics kept at each step
 * (PyTorch's `momentum=0.1` is the share of the new ones).
 *
 * Input and output `[n, h, w, c]`.
 */
export function batchNorm2d(name: string): TensorFlow.layers.Layer {
  return new BatchNormalization({ name, epsilon: 1e-5, momentum: 0.9 });
}
