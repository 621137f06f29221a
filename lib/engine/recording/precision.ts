/**
 * Mixed precision: a recorded step computes its convolutions and products in fewer bits, and everything else in float32.
 *
 * Weights, their updates, statistics and the loss stay float32; what goes into a convolution or a product is rounded just
 * before, and its result is float32 again. In 16 bits that halves the time of these on a GPU that has units for it. There, operations
 * that follow, such as normalization and ReLU, keep the 16 bits too, as in PyTorch's autocast: what they take is the time to read and
 * write memory. A CPU has no such units here: factors and results are rounded to the same bits, and float32's operations compute with
 * them, which adds up in float32 as a GPU's units do. TensorFlow's own kernels for 16 bits on a CPU add up in 16, and take eight
 * times as long.
 *
 * @see Micikevicius et al. 2018, "Mixed Precision Training", section 3
 */
import { type AttributeList, nativeBackend, typeAttribute, usesGpu } from '../runtime/backend';
import type { Output, OutputType, Precision } from '../runtime/session';
import type { TensorFlow } from '../runtime/tensorflow';
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
 * Operations that keep the bits of what they take, on a GPU: which of their inputs, all of which have to come from a convolution or a
 * product, if only by other ones of these. Their first output then has the same bits.
 */
const FOLLOWING: Record<string, number[]> = {
  Relu: [0],
  ReluGrad: [0, 1],
  Add: [0, 1],
  AddV2: [0, 1],
  FusedBatchNormV3: [0],
  FusedBatchNormGradV3: [0, 1],
  MaxPool: [0],
  MaxPoolGrad: [0, 1, 2],
  AvgPool: [0],
  AvgPoolGrad: [1],
  PadV2: [0, 2],
  Reshape: [0],
  Slice: [0],
  StridedSlice: [0],
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

type AddNode = (op: string, attributes: AttributeList, inputs: Output[]) => Added;

/** An output that was added, with its type and shape. */
export interface Result {
  output: Output;
  type: OutputType;
}

/** The outputs of a node. */
export function resultsOf({ node, outputs }: Added): Result[] {
  return outputs.map((type, i) => ({ output: [node, i], type }));
}

/** Adds operations with factors and result rounded to a type of fewer bits. */
export class ReducedPrecision {
  /** Rounded values, by what they were rounded from, or what was made float32 of them. */
  private readonly rounded = new Map<Output, Output>();

  constructor(
    private readonly type: number,
    private readonly addNode: AddNode,
  ) {}

  /**
   * Adds an operation, whose results are of the types that they would have without this: a convolution or a product of rounded factors,
   * on a GPU one that keeps the bits of what these gave, and any other as it is.
   *
   * @param tensors the inputs as they are seen outside: only float32 is rounded
   */
  add(op: string, attributes: AttributeList, inputs: Output[], tensors: TensorFlow.Tensor[]): Result[] {
    if (isReducible(op, attributes)) return this.addReduced(op, attributes, inputs, tensors);
    if (usesGpu() && this.follows(op, inputs, tensors)) return this.addFollowing(op, attributes, inputs);
    return resultsOf(this.addNode(op, attributes, inputs));
  }

  private addReduced(
    op: string,
    attributes: AttributeList,
    inputs: Output[],
    tensors: TensorFlow.Tensor[],
  ): Result[] {
    const { TF_FLOAT } = nativeBackend().binding;
    const { type } = this;
    const computesIn = usesGpu() ? type : TF_FLOAT;
    const factors = inputs.map((input, i) => {
      if (tensors[i].dtype !== 'float32') return input;
      const known = this.rounded.get(input);
      if (known) return known;
      const rounded = this.cast(input, TF_FLOAT, type);
      const factor = computesIn === type ? rounded : this.cast(rounded, type, TF_FLOAT);
      this.rounded.set(input, factor);
      return factor;
    });
    const { node } = this.addNode(op, withType(attributes, computesIn), factors);
    if (computesIn === type) return [this.widened([node, 0])];
    const rounded = this.cast([node, 0], TF_FLOAT, type);
    return resultsOf(this.addCast(rounded, type, TF_FLOAT));
  }

  private follows(op: string, inputs: Output[], tensors: TensorFlow.Tensor[]): boolean {
    const numbers = FOLLOWING[op];
    if (!numbers) return false;
    // A number, such as what a margin is filled with, is as good in fewer bits.
    return numbers.every((i) => this.rounded.has(inputs[i]) || (i > 0 && tensors[i].rank === 0));
  }

  private addFollowing(op: string, attributes: AttributeList, inputs: Output[]): Result[] {
    const { TF_FLOAT } = nativeBackend().binding;
    const numbers = FOLLOWING[op];
    const taken = inputs.map((input, i) =>
      numbers.includes(i) ? (this.rounded.get(input) ?? this.cast(input, TF_FLOAT, this.type)) : input,
    );
    const [first, ...others] = resultsOf(this.addNode(op, withType(attributes, this.type), taken));
    return [this.widened(first.output), ...others];
  }

  /** What was computed in fewer bits as float32, which is left out wherever its bits are enough. */
  private widened(output: Output): Result {
    const [result] = resultsOf(this.addCast(output, this.type, nativeBackend().binding.TF_FLOAT));
    this.rounded.set(result.output, output);
    return result;
  }

  private addCast(output: Output, from: number, to: number): Added {
    return this.addNode('Cast', [typeAttribute('SrcT', from), typeAttribute('DstT', to)], [output]);
  }

  private cast(output: Output, from: number, to: number): Output {
    return [this.addCast(output, from, to).node, 0];
  }
}
