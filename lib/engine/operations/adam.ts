/**
 * The update of Adam, as TensorFlow's one operation where a step is recorded.
 */
import { recordUpdate } from '../recording/active';
import { floatType, typeAttribute } from '../runtime/backend';
import { type TensorFlow, tf } from '../runtime/tensorflow';

/** What Adam's update takes. */
export interface AdamRates {
  lr: TensorFlow.Scalar;
  beta1: TensorFlow.Scalar;
  beta2: TensorFlow.Scalar;
  epsilon: number;
  /** What the moments are to be divided by: 1 - beta ** steps, of steps that were taken, this one included. */
  corrections: readonly [TensorFlow.Scalar, TensorFlow.Scalar];
}

/**
 * Updates a parameter and its two moments by a gradient, as part of a step:
 *
 *     m = beta1 * m + (1 - beta1) * gradient
 *     v = beta2 * v + (1 - beta2) * gradient ** 2
 *     parameter -= lr * (m / corrections[0]) / (sqrt(v / corrections[1]) + epsilon)
 *
 * @param moments m and v; both and `gradient` have the parameter's shape
 */
export function applyAdam(
  parameter: TensorFlow.Variable,
  moments: readonly [m: TensorFlow.Variable, v: TensorFlow.Variable],
  gradient: TensorFlow.Tensor,
  { lr, beta1, beta2, epsilon, corrections }: AdamRates,
): void {
  tf.tidy(() => {
    const [m, v] = moments;
    const root = tf.sqrt(corrections[1]);
    const powers = corrections.map((correction) => tf.sub(1, correction));
    const recorded = recordUpdate(
      'ResourceApplyAdam',
      [parameter, m, v],
      // TensorFlow adds epsilon to the root of v before that is corrected.
      [...powers, lr, beta1, beta2, tf.mul(root, epsilon), gradient],
      [typeAttribute('T', floatType())],
    );
    if (recorded) return;
    m.assign(tf.add(tf.mul(m, beta1), tf.mul(gradient, tf.sub(1, beta1))));
    v.assign(tf.add(tf.mul(v, beta2), tf.mul(tf.square(gradient), tf.sub(1, beta2))));
    const denominator = tf.add(tf.div(tf.sqrt(v), root), epsilon);
    parameter.assign(tf.sub(parameter, tf.div(tf.mul(tf.div(m, corrections[0]), lr), denominator)));
  });
}
