/**
 * The decay of weights beside an optimizer's step, in place where a step is recorded.
 */
import { recordUpdate } from '../recording/active';
import { floatType, typeAttribute } from '../runtime/backend';
import { type TensorFlow, tf } from '../runtime/tensorflow';

/** Takes a share off a parameter, as part of a step: `parameter -= share * parameter`. */
export function applyDecay(parameter: TensorFlow.Variable, share: TensorFlow.Scalar): void {
  tf.tidy(() => {
    const part = tf.mul(parameter, share);
    const recorded = recordUpdate(
      'AssignSubVariableOp',
      [parameter],
      [part],
      [typeAttribute('dtype', floatType())],
    );
    if (!recorded) parameter.assign(tf.sub(parameter, part));
  });
}
