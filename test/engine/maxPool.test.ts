/** Max pooling and its gradient, by definition. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile } from '../../lib/engine/compile';
import { installKernels } from '../../lib/engine/kernels/install';
import { hasNativeOperations } from '../../lib/engine/runtime/session';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';
import { numbersFrom } from '../fixtures/pytorch/numbersFrom';
import { numbers } from '../helpers/tensors';

installKernels();

type Pair = [number, number];

interface Pooling {
  shape: [number, number, number, number];
  size: Pair;
  strides: Pair;
  pad: 'valid' | 'same';
}

/** What a window of y sees: the places of x, in their order. */
function places({ shape: [, h, w], size, strides, pad }: Pooling, row: number, column: number): Pair[] {
  const before = (n: number, k: number, stride: number) =>
    pad === 'valid' ? 0 : Math.floor(Math.max(0, (Math.ceil(n / stride) - 1) * stride + k - n) / 2);
  const [top, left] = [before(h, size[0], strides[0]), before(w, size[1], strides[1])];
  return Array.from(
    { length: size[0] * size[1] },
    (_, i): Pair => [
      row * strides[0] - top + Math.floor(i / size[1]),
      column * strides[1] - left + (i % size[1]),
    ],
  ).filter(([y, x]) => y >= 0 && y < h && x >= 0 && x < w);
}

/** The largest numbers, and how dy is spread over x: to the first of the largest. */
function byDefinition(pooling: Pooling, x: number[], outShape: number[], dy: number[]) {
  const [, h, w, c] = pooling.shape;
  const y: number[] = [];
  const dx = x.map(() => 0);
  for (let at = 0; at < dy.length; at++) {
    const [n, row, column, channel] = tf.util.indexToLoc(at, 4, tf.util.computeStrides(outShape));
    const indices = places(pooling, row, column).map(([i, j]) => ((n * h + i) * w + j) * c + channel);
    const largest = Math.max(...indices.map((i) => x[i]));
    y.push(largest);
    dx[indices.find((i) => x[i] === largest)!] += dy[at];
  }
  return { y, dx };
}

const square = (n: number): Pair => [n, n];
const POOLINGS: [string, Pooling][] = [
  ['windows of 2×2 side by side', { shape: [3, 8, 8, 5], size: square(2), strides: square(2), pad: 'valid' }],
  [
    'rows and columns that fill no window',
    { shape: [2, 7, 9, 16], size: square(2), strides: square(2), pad: 'valid' },
  ],
  ['windows of 3×2', { shape: [2, 9, 5, 33], size: [3, 2], strides: [3, 2], pad: 'valid' }],
  ['one window for all', { shape: [5, 4, 4, 40], size: square(4), strides: square(4), pad: 'valid' }],
  ['windows that overlap', { shape: [2, 7, 7, 3], size: square(3), strides: square(2), pad: 'valid' }],
  ['windows with padding', { shape: [2, 7, 7, 3], size: square(2), strides: square(2), pad: 'same' }],
];

describe('max pooling and its gradient are as defined', () => {
  for (const [what, pooling] of POOLINGS) {
    for (const how of ['eager', 'recorded']) {
      test(`max pooling and its gradient are as defined: ${what}, ${how}`, async () => {
        const { shape, size, strides, pad } = pooling;
        // Few values, so that windows have several that are the largest.
        const length = shape.reduce((a, b) => a * b);
        const x = tf.tensor4d(
          numbersFrom('pooled', length).map((n) => Math.round(4 * n) + 0),
          shape,
        );
        const pool = (t: TensorFlow.Tensor4D) => tf.maxPool(t, size, strides, pad) as TensorFlow.Tensor4D;
        const outShape = pool(x).shape;
        const dy = tf.tensor4d(numbersFrom('dy', tf.util.sizeFromShape(outShape)), outShape);
        const both = (t: TensorFlow.Tensor4D, d: TensorFlow.Tensor4D) => ({
          y: pool(t),
          dx: tf.grad((v) => pool(v as TensorFlow.Tensor4D))(t, d),
        });
        const { y, dx } = how === 'eager' ? both(x, dy) : await compile(both)(x, dy);
        const expected = byDefinition(pooling, numbers(x), outShape, numbers(dy));
        assert.deepEqual(numbers(y), expected.y);
        numbers(dx).forEach((value, i) => {
          assert.ok(Math.abs(value - expected.dx[i]) < 1e-6, `dx[${i}] is ${value}, not ${expected.dx[i]}`);
        });
      });
    }
  }
});

// TensorFlow's own operation leaves it out.
test('a number that is none stays one through max pooling', { skip: !hasNativeOperations() }, () => {
  const x = tf.tensor4d([1, Number.NaN, 3, 2, 5, 6, 8, 7], [1, 2, 4, 1]);
  assert.deepEqual(numbers(tf.maxPool(x, 2, 2, 'valid')), [Number.NaN, 8]);
});

describe('a convolution pools along', { skip: !hasNativeOperations() }, () => {
  type Images = TensorFlow.Tensor4D;

  /** Gives a convolution pooled by windows of 2×2, and its gradients. */
  function pooledConvolution(x: Images, filter: Images, dy: Images) {
    const pooled = (images: Images, weights: Images) =>
      tf.maxPool(tf.conv2d(images, weights, 1, 'same') as Images, 2, 2, 'valid') as Images;
    const [dx, dfilter] = tf.grads((images, weights) => pooled(images as Images, weights as Images))(
      [x, filter],
      dy,
    );
    return { y: pooled(x, filter), dx, dfilter };
  }

  function inputs(h: number, w: number, channels = 48): [Images, Images, Images] {
    const tensor = (name: string, shape: [number, number, number, number]) =>
      tf.tensor4d(numbersFrom(name, tf.util.sizeFromShape(shape)), shape);
    return [
      tensor('x', [3, h, w, 32]),
      tensor('filter', [3, 3, 32, channels]),
      tensor('dy', [3, Math.floor(h / 2), Math.floor(w / 2), channels]),
    ];
  }

  function assertAlike(
    found: Record<string, TensorFlow.Tensor>,
    expected: Record<string, TensorFlow.Tensor>,
  ) {
    for (const [name, tensor] of Object.entries(expected)) {
      assert.deepEqual(found[name].shape, tensor.shape);
      const most = Math.max(...numbers(tensor).map(Math.abs));
      const error = Math.max(...numbers(tf.abs(tf.sub(found[name], tensor))));
      assert.ok(error < 1e-5 * most, `${name} differs by ${error} of ${most}`);
    }
  }

  const operationsOf = async (
    step: { operationCosts(...tensors: Images[]): Promise<{ operation: string }[]> },
    ...tensors: Images[]
  ) => (await step.operationCosts(...tensors)).map(({ operation }) => operation);

  for (const [h, w] of [
    [8, 8],
    [6, 12],
  ]) {
    test(`a convolution pools along, and its gradients come from the windows: ${h}×${w}`, async () => {
      const given = inputs(h, w);
      const step = compile(pooledConvolution);
      assertAlike(await step(...given), pooledConvolution(...given));
      const operations = await operationsOf(step, ...given);
      for (const expected of ['', 'BackpropInput', 'BackpropFilter']) {
        assert.ok(operations.includes(`DirectConv2D${expected}MaxPool`), operations.join());
      }
      assert.ok(!operations.some((operation) => operation.startsWith('MaxPool')), operations.join());
    });
  }

  test('a convolution pools along, and the gradient of its result can be asked for', async () => {
    const [x, filter, dy] = inputs(8, 8);
    const ofResult = (images: Images, weights: Images, gradient: Images) => {
      const y = tf.conv2d(images, weights, 1, 'same') as Images;
      return { dy: tf.grad((maps) => tf.maxPool(maps as Images, 2, 2, 'valid'))(y, gradient) };
    };
    const step = compile(ofResult);
    assertAlike(await step(x, filter, dy), ofResult(x, filter, dy));
    assert.ok((await operationsOf(step, x, filter, dy)).includes('MaxPoolPlacesGradient'));
  });

  for (const [what, pool] of [
    ['windows of 4×4', (y: Images) => tf.maxPool(y, 4, 4, 'valid')],
    ['windows that overlap', (y: Images) => tf.maxPool(y, 3, 2, 'same')],
  ] as const) {
    test(`a convolution doesn't pool along ${what}`, async () => {
      const [x, filter] = inputs(8, 8);
      const pooled = (images: Images, weights: Images) => ({
        y: pool(tf.conv2d(images, weights, 1, 'same') as Images),
      });
      const step = compile(pooled);
      assertAlike(await step(x, filter), pooled(x, filter));
      assert.ok((await operationsOf(step, x, filter)).includes('DirectConv2D'));
    });
  }

  test("a convolution of odd height doesn't pool along", async () => {
    const given = inputs(7, 8);
    const step = compile(pooledConvolution);
    assertAlike(await step(...given), pooledConvolution(...given));
    assert.ok((await operationsOf(step, ...given)).includes('MaxPoolWindows'));
  });
});
