/**
 * What layers ask of their weights: penalties that are part of the training loss, and constraints that hold after each step.
 */
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { layersOf } from '../../models/walk';

/** The field of a layer's weight that TensorFlow.js's declarations keep private. */
interface Weight {
  val: TensorFlow.Variable;
  constraint: { apply(value: TensorFlow.Tensor): TensorFlow.Tensor } | null;
}

/** A layer with the penalties of its regularizers. */
type Penalized = TensorFlow.layers.Layer & { calculateLosses(): TensorFlow.Scalar[] };

/** A loss with the penalties of the layers' regularizers added, as TensorFlow.js's and Keras's `fit` have it. */
export function withPenalties(net: TensorFlow.LayersModel, loss: TensorFlow.Scalar): TensorFlow.Scalar {
  const penalties = [...new Set(layersOf(net))].flatMap((layer) => (layer as Penalized).calculateLosses());
  return penalties.reduce<TensorFlow.Scalar>((sum, penalty) => tf.add(sum, penalty), loss);
}

/** Applies the constraints of a network's trainable weights: `maxNorm`, `nonNeg` and the like. */
export function applyConstraints(net: TensorFlow.LayersModel): void {
  for (const { val, constraint } of net.trainableWeights as unknown as Weight[]) {
    if (constraint) tf.tidy(() => val.assign(constraint.apply(val)));
  }
}
