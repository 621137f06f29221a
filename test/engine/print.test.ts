/** A recorded step as text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compile } from '../../lib/engine/compile';
import { hasNativeOperations } from '../../lib/engine/runtime/session';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';

test('a step prints its inputs, operations, types and shapes, the variables that it assigns, and its output', async () => {
  const scale = tf.variable(tf.scalar(2), true, 'print/scale');
  const step = compile(({ x, rest: [y] }: { x: TensorFlow.Tensor; rest: TensorFlow.Tensor[] }) => {
    const product = tf.mul(tf.add(x, y), scale);
    scale.assign(tf.square(scale));
    return { product, same: [y] };
  });
  await step({ x: tf.zeros([2, 3]), rest: [tf.ones([3])] });
  assert.equal(
    String(step),
    `step(
  input0: float32[2,3]
  input1: float32[3]
) {
  %1: float32[2,3] = Add(input0, input1)
  %2: float32[] = ReadVariableOp(print/scale)
  %3: float32[2,3] = Mul(%1, %2)
  %4: float32[] = Square(%2)
  print/scale = %4
  return {product:%3,same:[input1]}
}`,
  );
  step.dispose();
});

test('a step that was recorded for two shapes prints both', async () => {
  const step = compile((x: TensorFlow.Tensor) => tf.neg(x));
  await step(tf.zeros([2]));
  await step(tf.zeros([3]));
  assert.deepEqual(String(step).match(/input0: .*/g), ['input0: float32[2]', 'input0: float32[3]']);
  step.dispose();
});

test('what was fused into an operation is printed with it', { skip: !hasNativeOperations() }, async () => {
  const { batchNorm2d } = await import('../../lib/models/layers.js');
  const input = tf.input({ shape: [8, 8, 16] });
  const net = tf.model({ inputs: input, outputs: tf.layers.reLU().apply(batchNorm2d(input, 'bn')) as never });
  const step = compile((x: TensorFlow.Tensor) => net.apply(x, { training: true }) as TensorFlow.Tensor);
  await step(tf.zeros([2, 8, 8, 16]));
  assert.match(String(step), /%\d+: float32\[2,8,8,16\] = BatchNormApply\(input0, .*\) fused with Relu\n/);
  step.dispose();
});

test('a step that is not recorded can’t be printed', () => {
  const step = compile((x: TensorFlow.Tensor) => tf.neg(x), { compile: false });
  assert.throws(() => String(step), /^EngineError: Only a recorded step can be printed\./);
});

test('what a step is given that is no tensor is refused by its place', async () => {
  for (const options of [{}, { compile: false }]) {
    const step = compile((inputs: { a: TensorFlow.Tensor[] }) => inputs.a[0], options);
    await assert.rejects(step({ a: [tf.scalar(1), 3 as never] }), {
      name: 'EngineError',
      message: /^A step takes and returns tensors; input 0\.a\[1\] is of type number\.\n/,
    });
    await assert.rejects(step(null as never), /input 0 is null/);
    step.dispose();
  }
});
