/** The cross-entropy of one operation, and the one of two that takes its place where a GPU has to be deterministic. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installKernels } from '../../lib/engine/kernels/install';
import { crossEntropyOfLogSoftmax, softmaxCrossEntropy } from '../../lib/engine/operations/crossEntropy';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { assertAllClose, numbers } from '../helpers/tensors';

installKernels();

test('both ways give the same losses and the same gradients, for large logits too', () => {
  const logits = tf.randomNormal([6, 10], 0, 30, 'float32', 1) as TensorFlow.Tensor2D;
  const targets = tf.softmax(tf.randomNormal([6, 10], 0, 3, 'float32', 2)) as TensorFlow.Tensor2D;
  const [one, two] = [softmaxCrossEntropy, crossEntropyOfLogSoftmax].map((crossEntropy) => {
    const loss = (x: TensorFlow.Tensor) => crossEntropy(x as TensorFlow.Tensor2D, targets);
    return [numbers(loss(logits)), numbers(tf.grad(loss)(logits))];
  });
  assertAllClose(two[0], one[0], 1e-5);
  assertAllClose(two[1], one[1], 1e-6);
  assert.ok(one[0].every((loss) => loss > 0));
});
