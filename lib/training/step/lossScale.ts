/**
 * Keeps gradients within the range of float16: the loss is multiplied before the backward pass, and the gradients divided after.
 */
import { mapTensors } from '../../engine/operations/mapTensors';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';

const FIRST_SCALE = 2 ** 15;

/** Steps in a row without overflow after which the scale is tried larger. */
const PATIENCE = 2000;

/** What of a loss scale changes as training goes on. */
export interface LossScaleState {
  scale: number;
  steps: number;
}

/**
 * A loss scale that finds its size: half as large after a step whose gradients overflow, which is left out, and twice as large
 * after 2,000 steps without. It is made of tensor operations alone, to be part of a step that is recorded.
 *
 * @see Micikevicius et al. 2018, "Mixed Precision Training", section 3.2
 */
export class LossScale {
  private readonly scale = tf.variable(tf.scalar(FIRST_SCALE), false);
  /** Steps since it was changed last. */
  private readonly steps = tf.variable(tf.scalar(0), false);

  apply(loss: TensorFlow.Scalar): TensorFlow.Scalar {
    return tf.mul(loss, this.scale);
  }

  /**
   * Takes the scale off again, and adapts it.
   *
   * @returns with `finite`, a bool: whether all gradients are, and the step is to be taken
   */
  remove(
    losses: readonly TensorFlow.Scalar[],
    grads: TensorFlow.NamedTensorMap,
  ): { losses: TensorFlow.Scalar[]; grads: TensorFlow.NamedTensorMap; finite: TensorFlow.Scalar } {
    const { scale, steps } = this;
    const finite = tf.all(
      tf.stack(Object.values(grads).map((g) => tf.all(tf.isFinite(g)))),
    ) as TensorFlow.Scalar;
    const unscaled = mapTensors(grads, (gradient) => tf.div(gradient, scale));
    const next = tf.add(steps, 1);
    const isPatient = tf.less(next, PATIENCE);
    const result = {
      losses: losses.map((loss) => tf.div(loss, scale) as TensorFlow.Scalar),
      grads: unscaled,
      finite,
    };
    const grown = tf.where(isPatient, scale, tf.mul(scale, 2));
    scale.assign(tf.where(finite, grown, tf.div(scale, 2)) as TensorFlow.Scalar);
    steps.assign(tf.where(tf.logicalAnd(finite, isPatient), next, tf.scalar(0)) as TensorFlow.Scalar);
    return result;
  }

  /** The scale, and the steps since it was changed last. */
  stateDict(): LossScaleState {
    return { scale: this.scale.dataSync()[0], steps: this.steps.dataSync()[0] };
  }

  /** Takes over what `stateDict` gave. */
  loadStateDict({ scale, steps }: LossScaleState): void {
    tf.tidy(() => {
      this.scale.assign(tf.scalar(scale));
      this.steps.assign(tf.scalar(steps));
    });
  }

  dispose(): void {
    tf.dispose([this.scale, this.steps]);
  }
}
