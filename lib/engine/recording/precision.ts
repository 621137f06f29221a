/**
 * Mixed precision: a recorded step computes its convolutions and products in fewer bits.
 *
 * Weights, their updates, statistics and the loss stay float32; what goes into a convolution or a product is rounded just
 * before, and its result is seen as float32 again. In 16 bits that halves the time of these on a GPU that has units for it. There,
 * operations that follow, such as normalization and ReLU, compute in the 16 bits too, as in PyTorch's autocast: what they take is the
 * time to read and write memory. A CPU has no such units here: factors and results are rounded to the same bits, and float32's operations compute with
 * them, which adds up in float32 as a GPU's units do. TensorFlow's own kernels for 16 bits on a CPU add up in 16, and take eight
 * times as long.
 *
 * @see Micikevicius et al. 2018, "Mixed Precision Training", section 3
 */
import { type AttributeList, nativeBackend, typeAttribute, usesGpu } from '../runtime/backend';
import type { Output, OutputType, Precision } from '../runtime/session';
import type { TensorFlow } from '../runtime/tensorflow';
import { typeNumber } from '../runtime/values';
import type { Added } from './graph';

const REDUCIBLE = new Set([
  'Conv2D',
  'Conv2DBackpropInput',
  'Conv2DBackpropFilter',
  'DirectConv2D',
  'DirectConv2DBackpropInput',
  'DirectConv2DBackpropFilter',
  'MatMul',
  'BatchMatMulV2',
]);

/**
 * Operations that keep the bits of what they take, on a GPU: `of` are the inputs that have to come from a convolution or a product, if only by
 * other ones of these, and `rounds` those that are rounded to fit. The first output then has the same bits.
 */
const FOLLOWING: Record<string, { of: number[]; rounds?: number[] }> = {
  Relu: { of: [0] },
  ReluGrad: { of: [1], rounds: [0] },
  Add: { of: [0, 1] },
  AddV2: { of: [0, 1] },
  FusedBatchNormV3: { of: [0] },
  FusedBatchNormGradV3: { of: [1], rounds: [0] },
  MaxPool: { of: [0] },
  MaxPoolGrad: { of: [0, 1], rounds: [2] },
  AvgPool: { of: [0] },
  AvgPoolGrad: { of: [1] },
  PadV2: { of: [0], rounds: [2] },
  Reshape: { of: [0] },
  Slice: { of: [0] },
  StridedSlice: { of: [0] },
};

/** Whether an operation's factors are to be rounded before it. A native convolution may round them itself. */
function isReducible(op: string, attributes: AttributeList): boolean {
  return REDUCIBLE.has(op) && !attributes.some(({ name }) => name === 'arithmetic');
}

/** TensorFlow's number of the type that factors are rounded to; undefined where they stay float32. */
export function reducedType(precision: Precision): number | undefined {
  // TensorFlow.js's addon has names for neither; these are TF_DataType's numbers.
  const types: Partial<Record<Precision, number>> = { bfloat16: 14, float16: 19 };
  return types[precision];
}

function withType(attributes: AttributeList, type: number): AttributeList {
  return attributes.map((attribute) => (attribute.name === 'T' ? typeAttribute('T', type) : attribute));
}

/** Whether a cast leaves the type as it is. */
function isSameType(cast: AttributeList): boolean {
  const [from, to] = ['SrcT', 'DstT'].map((key) => cast.find(({ name }) => name === key)?.value);
  return from === to;
}

function typedOutput(output: Output, { dtype, shape }: TensorFlow.Tensor): TypedOutput {
  return { output, type: { dtype: typeNumber(dtype), shape } };
}

type AddNode = (op: string, attributes: AttributeList, inputs: Output[]) => Added;

/** An output with its type and shape. */
export interface TypedOutput {
  output: Output;
  type: OutputType;
}

/** The outputs of a node. */
export function outputsOf({ node, outputs }: Added): TypedOutput[] {
  return outputs.map((type, i) => ({ output: [node, i], type }));
}

/** Adds operations with factors and result rounded to a type of fewer bits. */
export class ReducedPrecision {
  /** What was computed in fewer bits, by what was made float32 of it. */
  private readonly narrow = new Map<Output, Output>();
  /** What was rounded for an operation, by what it was before. */
  private readonly rounded = new Map<Output, Output>();

  constructor(
    private readonly type: number,
    private readonly addNode: AddNode,
  ) {}

  /**
   * Adds an operation, whose results are seen as of the types that they would have without this: a convolution or a product of rounded
   * factors, on a GPU one that keeps the bits of what these gave, and any other as it is.
   *
   * @param tensors the inputs as they are seen outside: only float32 is rounded
   */
  add(op: string, attributes: AttributeList, inputs: Output[], tensors: TensorFlow.Tensor[]): TypedOutput[] {
    if (isReducible(op, attributes)) return this.addReduced(op, attributes, inputs, tensors);
    if (usesGpu()) {
      // TensorFlow.js casts gradients to the type that they have.
      if (op === 'Cast' && isSameType(attributes)) return [typedOutput(inputs[0], tensors[0])];
      if (FOLLOWING[op]?.of.every((i) => this.narrow.has(inputs[i])))
        return this.addFollowing(op, attributes, inputs);
    }
    return outputsOf(this.addNode(op, attributes, inputs));
  }

  private addReduced(
    op: string,
    attributes: AttributeList,
    inputs: Output[],
    tensors: TensorFlow.Tensor[],
  ): TypedOutput[] {
    const { TF_FLOAT } = nativeBackend().binding;
    const { type } = this;
    if (usesGpu()) {
      const factors = inputs.map((input, i) =>
        tensors[i].dtype === 'float32' ? this.asNarrow(input) : input,
      );
      const { node } = this.addNode(op, withType(attributes, type), factors);
      return [this.widened([node, 0])];
    }
    const factors = inputs.map((input, i) => {
      if (tensors[i].dtype !== 'float32') return input;
      const factor = this.rounded.get(input) ?? this.cast(this.cast(input, TF_FLOAT, type), type, TF_FLOAT);
      this.rounded.set(input, factor);
      return factor;
    });
    const { node } = this.addNode(op, attributes, factors);
    return outputsOf(this.addCast(this.cast([node, 0], TF_FLOAT, type), type, TF_FLOAT));
  }

  private addFollowing(op: string, attributes: AttributeList, inputs: Output[]): TypedOutput[] {
    const { of, rounds = [] } = FOLLOWING[op];
    const taken = inputs.map((input, i) =>
      of.includes(i) || rounds.includes(i) ? this.asNarrow(input) : input,
    );
    const [first, ...others] = outputsOf(this.addNode(op, withType(attributes, this.type), taken));
    return [this.widened(first.output), ...others];
  }

  /** A value of float32 in fewer bits: as it was computed, or else rounded. */
  private asNarrow(input: Output): Output {
    const known = this.narrow.get(input) ?? this.rounded.get(input);
    if (known) return known;
    const rounded = this.cast(input, nativeBackend().binding.TF_FLOAT, this.type);
    this.rounded.set(input, rounded);
    return rounded;
  }

  /** What was computed in fewer bits as float32, which is left out wherever its bits are enough. */
  private widened(output: Output): TypedOutput {
    const [result] = outputsOf(this.addCast(output, this.type, nativeBackend().binding.TF_FLOAT));
    this.narrow.set(result.output, output);
    return result;
  }

  private addCast(output: Output, from: number, to: number): Added {
    return this.addNode('Cast', [typeAttribute('SrcT', from), typeAttribute('DstT', to)], [output]);
  }

  private cast(output: Output, from: number, to: number): Output {
    return [this.addCast(output, from, to).node, 0];
  }
}
