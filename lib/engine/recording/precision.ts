/**
 * Mixed precision: a recorded step computes its convolutions and products in fewer bits, and everything else in float32.
 *
 * Weights, their updates, normalization and the loss stay float32; what goes into a convolution or a product is rounded just
 * before, and its result is float32 again. In 16 bits that halves the time of these on a GPU that has units for it. A CPU has none
 * here: there factors and results are rounded to the same bits, and float32's operations compute with them, which adds up in
 * float32 as a GPU's units do. TensorFlow's own kernels for 16 bits on a CPU add up in 16, and take eight times as long.
 *
 * @see Micikevicius et al. 2018, "Mixed Precision Training", section 3
 */
import { type AttributeList, nativeBackend, typeAttribute, usesGpu } from '../runtime/backend';
import type { Output, Precision } from '../runtime/session';
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

/** Whether an operation's factors are to be rounded before it. A native convolution may round them itself. */
export function isReducible(op: string, attributes: AttributeList): boolean {
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

/** Adds operations with factors and result rounded to a type of fewer bits. */
export class ReducedPrecision {
  /** Rounded factors, by what they were rounded from. */
  private readonly rounded = new Map<Output, Output>();

  constructor(
    private readonly type: number,
    private readonly addNode: AddNode,
  ) {}

  /**
   * Adds a convolution or a product; its result is float32 again.
   *
   * @param dtypes of the inputs: only float32 is rounded
   */
  add(op: string, attributes: AttributeList, inputs: Output[], dtypes: TensorFlow.DataType[]): Added {
    const { TF_FLOAT } = nativeBackend().binding;
    const { type } = this;
    const computesIn = usesGpu() ? type : TF_FLOAT;
    const factors = inputs.map((input, i) => {
      if (dtypes[i] !== 'float32') return input;
      const known = this.rounded.get(input);
      if (known) return known;
      const rounded = this.cast(input, TF_FLOAT, type);
      const factor = computesIn === type ? rounded : this.cast(rounded, type, TF_FLOAT);
      this.rounded.set(input, factor);
      return factor;
    });
    const { node } = this.addNode(op, withType(attributes, computesIn), factors);
    const result: Output = computesIn === type ? [node, 0] : this.cast([node, 0], TF_FLOAT, type);
    return this.addCast(result, type, TF_FLOAT);
  }

  private addCast(output: Output, from: number, to: number): Added {
    return this.addNode('Cast', [typeAttribute('SrcT', from), typeAttribute('DstT', to)], [output]);
  }

  private cast(output: Output, from: number, to: number): Output {
    return [this.addCast(output, from, to).node, 0];
  }
}
