/** `tf.gather` in a recorded step, forwards and backwards. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../lib/engine/compile';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { numbers } from '../helpers/tensors';

test('a recorded step gathers by indices that it is given', async () => {
  const table = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
  const step = compile((indices: TensorFlow.Tensor1D) => ({
    rows: tf.gather(table, indices),
    gradient: tf.grad((x: TensorFlow.Tensor) => tf.sum(tf.square(tf.gather(x, indices))))(table),
  }));
  const { rows, gradient } = await step(tf.tensor1d([2, 0, 2], 'int32'));
  assert.deepEqual(numbers(rows), [5, 6, 1, 2, 5, 6]);
  assert.deepEqual(numbers(gradient), [2, 4, 0, 0, 20, 24]);
  const again = await step(tf.tensor1d([1, 1, 1], 'int32'));
  assert.deepEqual(numbers(again.rows), [3, 4, 3, 4, 3, 4]);
  step.dispose();
});

test('an index out of range is refused by the run', async () => {
  const table = tf.tensor1d([1, 2, 3]);
  const step = compile((indices: TensorFlow.Tensor1D) => tf.gather(table, indices));
  await assert.rejects(step(tf.tensor1d([3], 'int32')), /indices\[0\] = 3 is not in \[0, 3\)/);
  step.dispose();
});
