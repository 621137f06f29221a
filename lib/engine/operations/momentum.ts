/**
 * The update of stochastic gradient descent with momentum, as TensorFlow's one operation where a step is recorded.
 */

import { recordUpdate } from '../recording/active';
import { floatType, nativeBackend, typeAttribute } from '../runtime/backend';
import { type TensorFlow, tf } from '../runtime/tensorflow';

/**
 * Updates a parameter and its velocity by a gradient, as part of a step:
 *
 *     velocity = momentum * velocity + gradient
 *     parameter -= lr * (nesterov ? gradient + momentum * velocity : velocity)
 *
 * @param parameter and `velocity` and `gradient` have one shape
 */
export function applyMomentum(
  parameter: TensorFlow.Variable,
  velocity: TensorFlow.Variable,
  gradient: TensorFlow.Tensor,
  { lr, momentum, nesterov }: { lr: TensorFlow.Scalar; momentum: TensorFlow.Scalar; nesterov: boolean },
): void {
  const attributes = [
    typeAttribute('T', floatType()),
    { name: 'use_nesterov', type: nativeBackend().binding.TF_ATTR_BOOL, value: nesterov },
  ];
  const recorded = recordUpdate(
    'ResourceApplyMomentum',
    [parameter, velocity],
    [lr, gradient, momentum],
    attributes,
  );
  if (recorded) return;
  tf.tidy(() => {
    const v = tf.add(tf.mul(velocity, momentum), gradient);
    const direction = nesterov ? tf.add(gradient, tf.mul(v, momentum)) : v;
    velocity.assign(v);
    parameter.assign(tf.sub(parameter, tf.mul(direction, lr)));
  });
}
