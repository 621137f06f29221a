/** The library's convolutions and their gradients, against TensorFlow's. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { compile } from '../../lib/engine/compile';
import { installKernels } from '../../lib/engine/kernels/install';
import { type AttributeList, nativeBackend, typeAttribute } from '../../lib/engine/runtime/backend';
import { device } from '../../lib/engine/runtime/device';
import { hasNativeOperations } from '../../lib/engine/runtime/session';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { assertAllClose, numbers } from '../helpers/tensors';

type Padding = 'same' | 'valid';

installKernels();

interface Case {
  x: [number, number, number, number];
  filter: [number, number, number, number];
  strides: [number, number];
  pad: Padding;
}

// Sizes that the tiles of 6 and 16 divide and don't, more filter than image, strides that leave pixels out. No strided 1×1
// filters of few channels: TensorFlow's gradient of those is wrong (engine/filterGradient.ts).
const CASES: Case[] = [
  { x: [2, 8, 8, 16], filter: [3, 3, 16, 16], strides: [1, 1], pad: 'same' },
  { x: [3, 9, 7, 3], filter: [3, 3, 3, 5], strides: [1, 1], pad: 'same' },
  { x: [1, 8, 8, 4], filter: [3, 3, 4, 20], strides: [2, 2], pad: 'same' },
  { x: [2, 7, 7, 18], filter: [1, 1, 18, 17], strides: [2, 2], pad: 'valid' },
  { x: [5, 6, 6, 17], filter: [3, 3, 17, 33], strides: [1, 1], pad: 'valid' },
  { x: [2, 11, 12, 5], filter: [5, 3, 5, 8], strides: [3, 2], pad: 'same' },
  { x: [40, 2, 2, 7], filter: [3, 3, 7, 16], strides: [1, 1], pad: 'same' },
  { x: [1, 5, 5, 1], filter: [2, 2, 1, 1], strides: [3, 3], pad: 'same' },
  { x: [1, 40, 33, 13], filter: [7, 7, 13, 3], strides: [2, 2], pad: 'valid' },
];

/** One of TensorFlow's three operations, on the tensors that it takes. */
function reference(op: string, { strides, pad }: Case, inputs: TensorFlow.Tensor[]): TensorFlow.Tensor {
  const backend = nativeBackend();
  const { binding } = backend;
  const attributes: AttributeList = [
    typeAttribute('T', binding.TF_FLOAT),
    { name: 'strides', type: binding.TF_ATTR_INT, value: [1, ...strides, 1] },
    { name: 'padding', type: binding.TF_ATTR_STRING, value: pad.toUpperCase() },
  ];
  return backend.executeSingleOutput(op, attributes, inputs);
}

test('device() names the kernels that RESNET_KERNELS asks for, or the most that the processor has', () => {
  const { kernels } = device();
  assert.equal(kernels, process.env.RESNET_KERNELS ?? kernels);
  assert.match(inspect(device()), new RegExp(`, ${kernels} kernels`));
});

test('RESNET_KERNELS that is no level is refused with those that are', () => {
  const { stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', '-e', `require('./lib/engine/runtime/session').kernelLevel()`],
    { cwd: resolve(__dirname, '../..'), encoding: 'utf8', env: { ...process.env, RESNET_KERNELS: 'sse' } },
  );
  assert.match(
    stderr,
    /RESNET_KERNELS is 'sse'.*\n.*tensorflow, portable, avx2, avx512, avx512_bf16, amx_bf16/,
  );
});

const skip = hasNativeOperations() ? false : 'this processor does without the native convolutions';

describe('the native convolutions', { skip }, () => {
  for (const example of CASES) {
    const { x: shape, filter: filterShape, strides, pad } = example;
    test(`the native convolutions give TensorFlow's numbers: [${shape}] with [${filterShape}], strides ${strides}, ${pad}`, () =>
      tf.tidy(() => {
        const x = tf.randomNormal(shape, 0, 1, 'float32', 1) as TensorFlow.Tensor4D;
        const filter = tf.randomNormal(filterShape, 0, 1, 'float32', 2) as TensorFlow.Tensor4D;
        const y = reference('Conv2D', example, [x, filter]);
        const dy = tf.randomNormal(y.shape as Case['x'], 0, 1, 'float32', 3) as TensorFlow.Tensor4D;
        const convolve = (a: TensorFlow.Tensor4D, b: TensorFlow.Tensor4D) => tf.conv2d(a, b, strides, pad);
        const [dx, dFilter] = tf.grads(convolve as (...xs: TensorFlow.Tensor[]) => TensorFlow.Tensor)(
          [x, filter],
          dy,
        );
        const sizes = tf.tensor1d(shape, 'int32');
        const filterSizes = tf.tensor1d(filterShape, 'int32');
        const expected = [
          y,
          reference('Conv2DBackpropInput', example, [sizes, filter, dy]),
          reference('Conv2DBackpropFilter', example, [x, filterSizes, dy]),
        ];
        [convolve(x, filter), dx, dFilter].forEach((actual, i) => {
          assert.deepEqual(actual.shape, expected[i].shape);
          assertAllClose(numbers(actual), numbers(expected[i]), 1e-4);
        });
      }));
  }

  const x = tf.randomNormal([9, 12, 12, 19]) as TensorFlow.Tensor4D;
  const filter = tf.randomNormal([3, 3, 19, 21]) as TensorFlow.Tensor4D;

  test('the native convolutions take margins as a number, which TensorFlow.js leaves out', () => {
    const margins: [number, number][] = [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ];
    assertAllClose(
      numbers(tf.conv2d(x, filter, 2, 1)),
      numbers(tf.conv2d(tf.pad(x, margins), filter, 2, 'valid')),
      1e-5,
    );
  });

  test('the native convolutions are what a recorded step runs, forwards and backwards, and give the same bits each time', async () => {
    const gradients = tf.grads((a: TensorFlow.Tensor, b: TensorFlow.Tensor) =>
      tf.conv2d(a as TensorFlow.Tensor4D, b as TensorFlow.Tensor4D, 1, 'same'),
    );
    const step = compile((a: TensorFlow.Tensor4D, b: TensorFlow.Tensor4D) => gradients([a, b]));
    const [first, second] = [await step(x, filter), await step(x, filter)];
    first.forEach((tensor, i) => {
      assert.deepEqual(numbers(tensor), numbers(second[i]));
    });
    const operations = (await step.operationCosts(x, filter)).map(({ operation }) => operation);
    assert.ok(operations.includes('DirectConv2DBackpropInput'), operations.join());
    assert.ok(operations.includes('DirectConv2DBackpropFilter'), operations.join());
  });

  test('the native convolutions add one gradient of an image to another, wherever margins were cut off', async () => {
    const narrow = tf.randomNormal([1, 1, 19, 5], 0, 1, 'float32', 3) as TensorFlow.Tensor4D;
    const margins: [number, number][] = [
      [0, 0],
      [1, 1],
      [1, 1],
      [0, 0],
    ];
    const gradient = tf.grad((image: TensorFlow.Tensor) => {
      const a = image as TensorFlow.Tensor4D;
      const wide = tf.conv2d(tf.pad(a, margins), filter, 2, 'valid');
      return tf.add(
        tf.add(tf.sum(tf.square(wide)), tf.sum(tf.conv2d(a, narrow, 2, 'valid'))),
        tf.sum(tf.square(a)),
      );
    });
    const step = compile((a: TensorFlow.Tensor4D) => gradient(a));
    const expected = gradient(x);
    assertAllClose(numbers(await step(x)), numbers(expected), 1e-4);
    const operations = (await step.operationCosts(x)).map(({ operation }) => operation);
    assert.ok(operations.includes('DirectConv2DBackpropInputAdd'), operations.join());
    assert.ok(!operations.includes('DirectConv2DBackpropInput'), operations.join());
    step.dispose();
  });

  test('the native convolutions cut a part of an image’s gradient, however it is asked for', async () => {
    const gradient = tf.grad((a: TensorFlow.Tensor) => tf.conv2d(a as TensorFlow.Tensor4D, filter, 2, 1));
    const parts = (a: TensorFlow.Tensor4D) => {
      const dx = gradient(a);
      return [tf.slice(dx, 1), tf.slice(dx, [0, 2, 1, 0], [-1, 3, -1, -1]), tf.slice(dx, [0, 0, 0, 2])];
    };
    const step = compile(parts);
    const expected = parts(x);
    (await step(x)).forEach((part, i) => {
      assert.deepEqual(part.shape, expected[i].shape);
      assertAllClose(numbers(part), numbers(expected[i]), 1e-4);
    });
    const beyond = compile((a: TensorFlow.Tensor4D) => tf.slice(gradient(a), [0, 10, 0, 0], [9, 5, 12, 19]));
    await assert.rejects(beyond(x), /begin\[1\] \+ size\[1\]/);
    step.dispose();
  });

  test('the native convolutions leave dilations to TensorFlow', () => {
    assert.deepEqual(tf.conv2d(x, filter, 1, 'same', 'NHWC', 2).shape, [9, 12, 12, 21]);
  });
});
