/** What a session takes as further options: with XLA on the processor too, which it is only on request. */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { SessionOptions } from '../../lib/engine/compile';
import type { TensorFlow } from '../../lib/engine/runtime/tensorflow';

let operations: (options: SessionOptions) => Promise<string[]>;

before(async () => {
  // Read when TensorFlow is loaded.
  process.env.TF_XLA_FLAGS = '--tf_xla_cpu_global_jit';
  const { compile } = await import('../../lib/engine/compile.js');
  const { tf } = await import('../../lib/engine/runtime/tensorflow.js');
  operations = async (options) => {
    const step = compile(
      (x: TensorFlow.Tensor) => tf.mean(tf.tanh(tf.add(tf.mul(tf.exp(x), 2), 1))),
      {},
      options,
    );
    const x = tf.linspace(-1, 1, 100);
    const mean = (await step(x)).dataSync()[0];
    assert.ok(Math.abs(mean - tf.mean(tf.tanh(tf.add(tf.mul(tf.exp(x), 2), 1))).dataSync()[0]) < 1e-6);
    const costs = await step.operationCosts(x);
    step.dispose();
    return costs.map(({ operation }) => operation);
  };
});

test('has XLA compile what it can where that is asked for, and only there', async () => {
  assert.ok((await operations({ xla: true })).includes('_XlaRun'));
  assert.ok(!(await operations({})).includes('_XlaRun'));
});

test('computes the same without TensorFlow’s layout pass', async () => {
  assert.ok((await operations({ layoutPass: false })).includes('Tanh'));
});
