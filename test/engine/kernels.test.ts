/** Every kernel of TensorFlow.js, recorded beside eager, over all types that a step holds. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { compile } from '../../lib/engine/compile';
import { type TensorFlow, tf } from '../../lib/engine/runtime/tensorflow';

type T = TensorFlow.Tensor;

/** What the calls below take: `x`, `y` and `image` in the type that is tried, the rest in the one type that makes sense. */
interface Inputs {
  x: TensorFlow.Tensor2D; // [2, 3]
  y: TensorFlow.Tensor2D; // [2, 3]
  image: TensorFlow.Tensor4D; // [1, 4, 4, 2]
  volume: TensorFlow.Tensor5D; // [1, 4, 4, 4, 1]
  vector: TensorFlow.Tensor1D; // [3]
  condition: T; // bool [2, 3]
  indices: TensorFlow.Tensor1D; // int32 [2]
}

const kernel = (name: string, inputs: object, attributes: object = {}): T | T[] =>
  tf.engine().runKernel(name, inputs as never, attributes as never);

/** A call of each kernel, by the operation that a user calls. */
const CALLS: Record<string, (t: Inputs) => T | T[]> = {
  Abs: ({ x }) => tf.abs(x),
  Acos: ({ x }) => tf.acos(x),
  Acosh: ({ x }) => tf.acosh(x),
  Add: ({ x, y }) => tf.add(x, y),
  AddN: ({ x, y }) => tf.addN([x, y]),
  All: ({ x }) => tf.all(x),
  Any: ({ x }) => tf.any(x, 1),
  ArgMax: ({ x }) => tf.argMax(x, 1),
  ArgMin: ({ x }) => tf.argMin(x, 1),
  Asin: ({ x }) => tf.asin(x),
  Asinh: ({ x }) => tf.asinh(x),
  Atan: ({ x }) => tf.atan(x),
  Atan2: ({ x, y }) => tf.atan2(x, y),
  Atanh: ({ x }) => tf.atanh(tf.mul(x, 0.1)),
  AvgPool: ({ image }) => tf.avgPool(image, 2, 2, 'same'),
  AvgPool3D: ({ volume }) => tf.avgPool3d(volume, 2, 2, 'same'),
  AvgPool3DGrad: ({ volume }) => tf.grad((v) => tf.avgPool3d(v as TensorFlow.Tensor5D, 2, 2, 'same'))(volume),
  AvgPoolGrad: ({ image }) => tf.grad((v) => tf.avgPool(v as TensorFlow.Tensor4D, 2, 2, 'same'))(image),
  BatchMatMul: ({ x, y }) => tf.matMul(x, y, false, true),
  BatchToSpaceND: ({ image }) =>
    tf.batchToSpaceND(
      tf.reshape(image, [4, 2, 2, 2]),
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ),
  Bincount: ({ vector }) => tf.bincount(vector, [] as never, 4),
  BroadcastArgs: ({ vector }) => kernel('BroadcastArgs', { s0: vector, s1: tf.ones([1], vector.dtype) }) as T,
  Cast: ({ x }) => [tf.cast(x, 'float32'), tf.cast(x, 'int32'), tf.cast(x, 'bool')],
  Ceil: ({ x }) => tf.ceil(x),
  ClipByValue: ({ x }) => tf.clipByValue(x, 0, 1),
  Complex: ({ x, y }) => tf.real(tf.complex(x, y)),
  ComplexAbs: ({ x, y }) => tf.abs(tf.complex(x, y)),
  Concat: ({ x, y }) => tf.concat([x, y], 1),
  Conv2D: ({ image }) => tf.conv2d(image, tf.ones([3, 3, 2, 2]), 1, 'same'),
  Conv2DBackpropFilter: ({ image }) =>
    tf.grad((f) => tf.conv2d(image, f as TensorFlow.Tensor4D, 1, 'same'))(tf.ones([3, 3, 2, 2])),
  Conv2DBackpropInput: ({ image }) =>
    tf.conv2dTranspose(image, tf.ones([3, 3, 2, 2]), [1, 4, 4, 2], 1, 'same'),
  Conv3D: ({ volume }) => tf.conv3d(volume, tf.ones([2, 2, 2, 1, 2]), 1, 'same'),
  Conv3DBackpropFilterV2: ({ volume }) =>
    tf.grad((f) => tf.conv3d(volume, f as TensorFlow.Tensor5D, 1, 'same'))(tf.ones([2, 2, 2, 1, 2])),
  Conv3DBackpropInputV2: ({ volume }) =>
    tf.grad((v) => tf.conv3d(v as TensorFlow.Tensor5D, tf.ones([2, 2, 2, 1, 2]), 1, 'same'))(volume),
  Cos: ({ x }) => tf.cos(x),
  Cosh: ({ x }) => tf.cosh(x),
  CropAndResize: ({ image }) =>
    tf.image.cropAndResize(image, tf.tensor2d([[0, 0, 0.5, 0.5]]), tf.zeros([1], 'int32'), [2, 2]),
  Cumprod: ({ x }) => tf.cumprod(x, 1),
  Cumsum: ({ x }) => tf.cumsum(x, 1, true, true),
  DepthToSpace: ({ image }) => tf.depthToSpace(tf.concat([image, image], 3), 2, 'NHWC'),
  DepthwiseConv2dNative: ({ image }) => tf.depthwiseConv2d(image, tf.ones([3, 3, 2, 1]), 1, 'same'),
  DepthwiseConv2dNativeBackpropFilter: ({ image }) =>
    tf.grad((f) => tf.depthwiseConv2d(image, f as TensorFlow.Tensor4D, 1, 'same'))(tf.ones([3, 3, 2, 1])),
  DepthwiseConv2dNativeBackpropInput: ({ image }) =>
    tf.grad((v) => tf.depthwiseConv2d(v as TensorFlow.Tensor4D, tf.ones([3, 3, 2, 1]), 1, 'same'))(image),
  Diag: ({ vector }) => tf.diag(vector),
  Dilation2D: ({ image }) => tf.dilation2d(image, tf.zeros([2, 2, 2], image.dtype), 1, 'same'),
  Dilation2DBackpropFilter: ({ image }) =>
    tf.grad((f) => tf.dilation2d(image, f as TensorFlow.Tensor3D, 1, 'same'))(tf.zeros([2, 2, 2])),
  Dilation2DBackpropInput: ({ image }) =>
    tf.grad((v) => tf.dilation2d(v as TensorFlow.Tensor4D, tf.zeros([2, 2, 2]), 1, 'same'))(image),
  Einsum: ({ x, y }) => tf.einsum('ij,kj->ik', x, y),
  Elu: ({ x }) => tf.elu(x),
  EluGrad: ({ x }) => tf.grad((v) => tf.elu(v))(x),
  Equal: ({ x, y }) => tf.equal(x, y),
  Erf: ({ x }) => tf.erf(x),
  Exp: ({ x }) => tf.exp(x),
  ExpandDims: ({ x }) => tf.expandDims(x, 1),
  Expm1: ({ x }) => tf.expm1(x),
  FFT: ({ x, y }) => tf.real(tf.spectral.fft(tf.complex(x, y))),
  Fill: ({ x }) => tf.add(tf.fill([2, 3], 2, x.dtype), x),
  FlipLeftRight: ({ image }) => tf.image.flipLeftRight(image),
  Floor: ({ x }) => tf.floor(x),
  FloorDiv: ({ x, y }) => tf.floorDiv(x, y),
  FusedBatchNorm: ({ image }) => tf.batchNorm(image, [0, 1], [1, 2], [1, 1], [2, 1], 1e-3),
  FusedConv2D: ({ image }) =>
    tf.fused.conv2d({ x: image, filter: tf.ones([3, 3, 2, 2]), strides: 1, pad: 'same', activation: 'relu' }),
  FusedDepthwiseConv2D: ({ image }) =>
    tf.fused.depthwiseConv2d({ x: image, filter: tf.ones([3, 3, 2, 1]), strides: 1, pad: 'same' }),
  GatherNd: ({ x }) =>
    tf.gatherND(
      x,
      tf.tensor2d(
        [
          [0, 1],
          [1, 2],
        ],
        [2, 2],
        'int32',
      ),
    ),
  GatherV2: ({ x, indices }) => tf.gather(x, indices, 1),
  Greater: ({ x, y }) => tf.greater(x, y),
  GreaterEqual: ({ x, y }) => tf.greaterEqual(x, y),
  IFFT: ({ x, y }) => tf.real(tf.spectral.ifft(tf.complex(x, y))),
  Identity: ({ x }) => tf.clone(x),
  Imag: ({ x, y }) => tf.imag(tf.complex(x, y)),
  IsFinite: ({ x }) => tf.isFinite(x),
  IsInf: ({ x }) => tf.isInf(x),
  IsNan: ({ x }) => tf.isNaN(x),
  LRN: ({ image }) => tf.localResponseNormalization(image),
  LRNGrad: ({ image }) => tf.grad((v) => tf.localResponseNormalization(v as TensorFlow.Tensor4D))(image),
  LeakyRelu: ({ x }) => tf.leakyRelu(x, 0.1),
  Less: ({ x, y }) => tf.less(x, y),
  LessEqual: ({ x, y }) => tf.lessEqual(x, y),
  LinSpace: ({ vector }) => tf.add(tf.linspace(0, 1, 3), vector),
  Log: ({ x }) => tf.log(tf.add(x, 4)),
  Log1p: ({ x }) => tf.log1p(tf.add(x, 4)),
  LogicalAnd: ({ x, y }) => tf.logicalAnd(x, y),
  LogicalNot: ({ x }) => tf.logicalNot(x),
  LogicalOr: ({ x, y }) => tf.logicalOr(x, y),
  Max: ({ x }) => tf.max(x, 1),
  MaxPool: ({ image }) => tf.maxPool(image, 2, 2, 'same'),
  MaxPool3D: ({ volume }) => tf.maxPool3d(volume, 2, 2, 'same'),
  MaxPool3DGrad: ({ volume }) => tf.grad((v) => tf.maxPool3d(v as TensorFlow.Tensor5D, 2, 2, 'same'))(volume),
  MaxPoolGrad: ({ image }) => tf.grad((v) => tf.maxPool(v as TensorFlow.Tensor4D, 2, 2, 'same'))(image),
  Maximum: ({ x, y }) => tf.maximum(x, y),
  Mean: ({ x }) => [tf.mean(x), tf.mean(x, 1, true)],
  Min: ({ x }) => tf.min(x, 0),
  Minimum: ({ x, y }) => tf.minimum(x, y),
  MirrorPad: ({ x }) =>
    tf.mirrorPad(
      x,
      [
        [1, 1],
        [1, 0],
      ],
      'reflect',
    ),
  Mod: ({ x }) => tf.mod(x, tf.fill([2, 3], 2, x.dtype === 'bool' ? 'int32' : x.dtype)),
  Multinomial: ({ x }) => tf.onesLike(tf.multinomial(tf.softmax(tf.cast(x, 'float32')), 5)),
  Multiply: ({ x, y }) => tf.mul(x, y),
  Neg: ({ x }) => tf.neg(x),
  NonMaxSuppressionV3: () => tf.image.nonMaxSuppression(tf.tensor2d([[0, 0, 1, 1]]), tf.tensor1d([0.9]), 1),
  NonMaxSuppressionV4: () =>
    kernel(
      'NonMaxSuppressionV4',
      { boxes: tf.tensor2d([[0, 0, 1, 1]]), scores: tf.tensor1d([0.9]) },
      { maxOutputSize: 1, iouThreshold: 0.5, scoreThreshold: 0, padToMaxOutputSize: true },
    ),
  NonMaxSuppressionV5: () =>
    kernel(
      'NonMaxSuppressionV5',
      { boxes: tf.tensor2d([[0, 0, 1, 1]]), scores: tf.tensor1d([0.9]) },
      { maxOutputSize: 1, iouThreshold: 0.5, scoreThreshold: 0, softNmsSigma: 0 },
    ),
  NotEqual: ({ x, y }) => tf.notEqual(x, y),
  OneHot: ({ indices }) => tf.oneHot(indices, 3),
  OnesLike: ({ x }) => tf.onesLike(x),
  Pack: ({ x, y }) => tf.stack([x, y], 1),
  PadV2: ({ x }) =>
    tf.pad(
      x,
      [
        [1, 0],
        [0, 2],
      ],
      1,
    ),
  Pow: ({ x }) => tf.pow(x, tf.fill([2, 3], 2, 'int32')),
  Prelu: ({ x }) => tf.prelu(x, tf.fill([2, 3], 0.5)),
  Prod: ({ x }) => tf.prod(x, 1),
  Range: ({ vector }) => tf.add(tf.range(0, 3, 1, 'int32'), vector),
  Real: ({ x, y }) => tf.real(tf.complex(x, y)),
  RealDiv: ({ x }) => tf.div(x, tf.fill([2, 3], 2, x.dtype === 'bool' ? 'int32' : x.dtype)),
  Reciprocal: ({ x }) => tf.reciprocal(tf.add(x, 4)),
  Relu: ({ x }) => tf.relu(x),
  Relu6: ({ x }) => tf.relu6(x),
  Reshape: ({ x }) => tf.reshape(x, [3, 2]),
  ResizeBilinear: ({ image }) => tf.image.resizeBilinear(image, [3, 3]),
  ResizeBilinearGrad: ({ image }) =>
    tf.grad((v) => tf.image.resizeBilinear(v as TensorFlow.Tensor4D, [3, 3]))(image),
  ResizeNearestNeighbor: ({ image }) => tf.image.resizeNearestNeighbor(image, [3, 3]),
  ResizeNearestNeighborGrad: ({ image }) =>
    tf.grad((v) => tf.image.resizeNearestNeighbor(v as TensorFlow.Tensor4D, [3, 3]))(image),
  Reverse: ({ x }) => tf.reverse(x, 1),
  Round: ({ x }) => tf.round(x),
  Rsqrt: ({ x }) => tf.rsqrt(tf.add(x, 4)),
  ScatterNd: ({ vector }) => tf.scatterND(tf.tensor2d([[0], [2], [3]], [3, 1], 'int32'), vector, [5]),
  Select: ({ condition, x, y }) => tf.where(condition, x, y),
  Selu: ({ x }) => tf.selu(x),
  Sigmoid: ({ x }) => tf.sigmoid(x),
  Sign: ({ x }) => tf.sign(x),
  Sin: ({ x }) => tf.sin(x),
  Sinh: ({ x }) => tf.sinh(x),
  Slice: ({ x }) => tf.slice(x, [0, 1], [2, 2]),
  Softmax: ({ x }) => tf.softmax(x),
  Softplus: ({ x }) => tf.softplus(x),
  SpaceToBatchND: ({ image }) =>
    tf.spaceToBatchND(
      image,
      [2, 2],
      [
        [0, 0],
        [0, 0],
      ],
    ),
  SparseToDense: ({ vector }) =>
    tf.sparseToDense(
      tf.tensor1d([0, 2, 3], 'int32'),
      vector,
      [5],
      tf.zeros([], vector.dtype) as TensorFlow.Scalar,
    ),
  SplitV: ({ x }) => tf.split(x, [1, 2], 1),
  Sqrt: ({ x }) => tf.sqrt(tf.add(x, 4)),
  Square: ({ x }) => tf.square(x),
  SquaredDifference: ({ x, y }) => tf.squaredDifference(x, y),
  Step: ({ x }) => tf.step(x),
  StridedSlice: ({ x }) => tf.stridedSlice(x, [0, 0], [2, 3], [1, 2]),
  Sub: ({ x, y }) => tf.sub(x, y),
  Sum: ({ x }) => [tf.sum(x), tf.sum(x, 1, true)],
  Tan: ({ x }) => tf.tan(x),
  Tanh: ({ x }) => tf.tanh(x),
  TensorScatterUpdate: ({ vector }) =>
    tf.tensorScatterUpdate(vector, tf.tensor2d([[1]], [1, 1], 'int32'), tf.ones([1], vector.dtype)),
  Tile: ({ x }) => tf.tile(x, [2, 1]),
  TopK: ({ x }) => Object.values(tf.topk(x, 2)),
  Transpose: ({ x }) => tf.transpose(x),
  Unique: ({ vector }) => Object.values(tf.unique(vector)),
  Unpack: ({ x }) => tf.unstack(x, 1),
  UnsortedSegmentSum: ({ x, indices }) => tf.unsortedSegmentSum(x, indices, 3),
  ZerosLike: ({ x }) => tf.zerosLike(x),
  _FusedMatMul: ({ x, y }) =>
    tf.fused.matMul({ a: x, b: y, transposeB: true, bias: tf.tensor1d([1, 2]), activation: 'relu' }),
};

/** What can't be in a step: the result's shape depends on values, or JavaScript draws its random numbers. */
const REFUSED: Record<string, RegExp> = {
  Multinomial: /draws random numbers in JavaScript/,
  NonMaxSuppressionV3: /depends on values/,
  NonMaxSuppressionV5: /depends on values/,
  Unique: /depends on values/,
};

/** Kernels that TensorFlow.js and this library call from others alone, or that work on text. */
const LEFT_OUT = new Set(['StaticRegexReplace', 'FusedBatchNormTraining', 'SoftmaxCrossEntropyWithLogits']);

function inputsOf(dtype: 'float32' | 'int32' | 'bool'): Inputs {
  const make = (shape: number[], seed: number) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const values = Array.from({ length: size }, (_, i) => ((i * 7 + seed * 3) % 5) - 2);
    const fine = values.map((value) => (dtype === 'float32' ? value * 0.7 + 0.1 : value));
    return tf.tensor(dtype === 'bool' ? values.map((value) => value > 0) : fine, shape, dtype);
  };
  return {
    x: make([2, 3], 0),
    y: tf.where(tf.equal(make([2, 3], 1), tf.zeros([2, 3], dtype)), tf.ones([2, 3], dtype), make([2, 3], 1)),
    image: make([1, 4, 4, 2], 2),
    volume: dtype === 'float32' ? tf.reshape(tf.range(0, 64), [1, 4, 4, 4, 1]) : make([1, 4, 4, 4, 1], 3),
    vector: tf.tensor1d([1, 0, 2], dtype),
    condition: tf.tensor2d([true, false, true, false, false, true], [2, 3], 'bool'),
    indices: tf.tensor1d([2, 0], 'int32'),
  } as Inputs;
}

/** A result in numbers: of each tensor its type, shape and values. */
const plain = (result: T | T[]) =>
  [result].flat().map((tensor) => ({
    dtype: tensor.dtype,
    shape: tensor.shape,
    values: Array.from(tensor.dataSync(), (value) => Number(Number(value).toPrecision(5))),
  }));

test('the list has every kernel of the backend', () => {
  const kernels = tf.getKernelsForBackend('tensorflow').map(({ kernelName }) => kernelName);
  assert.deepEqual(
    kernels.filter((name) => !(name in CALLS) && !LEFT_OUT.has(name)),
    [],
  );
});

for (const dtype of ['float32', 'int32', 'bool'] as const) {
  describe(`a recorded step computes as the function itself does, of ${dtype}`, () => {
    for (const [name, call] of Object.entries(CALLS)) {
      test(`a recorded step computes as the function itself does, of ${dtype}: ${name} of ${dtype} is the same recorded as eager, or refused by both`, async () => {
        const names = Object.keys(inputsOf(dtype)) as (keyof Inputs)[];
        const inputs = () => Object.values(inputsOf(dtype)) as T[];
        const fn = (...tensors: T[]) =>
          call(Object.fromEntries(names.map((key, i) => [key, tensors[i]])) as unknown as Inputs);
        let expected: ReturnType<typeof plain> | undefined;
        try {
          expected = plain(tf.tidy(() => fn(...inputs())));
        } catch {
          // TensorFlow has no kernel for this type.
        }
        const step = compile(fn as (...tensors: T[]) => T[]);
        const recorded = step(...inputs());
        if (expected && !REFUSED[name]) {
          assert.deepEqual(plain(await recorded), expected);
        } else {
          await assert.rejects(recorded, (error: Error) => {
            if (REFUSED[name]) assert.match(error.message, REFUSED[name]);
            assert.doesNotMatch(error.message, /NodeDef|Invalid TF_Status/);
            assert.ok(error.message.length <= 600, error.message);
            return true;
          });
        }
        step.dispose();
      });
    }
  });
}
