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
import { type AttributeList, typeAttribute } from './backend';

/**
 * What convolutions and products are computed in. `float32`: all of its 24 bits. `tf32`: float32 whose factors a GPU may round
 * to 11 bits, where it is faster by that; TensorFlow's default. `bfloat16`: 8 bits and the range of float32. `float16`: 11 bits, and
 * a range that gradients fall out of unless the loss is scaled. On a GPU, steps that run at the same time should agree on
 * float32 or tf32: TensorFlow has one switch for both.
 */
export type Precision = 'float32' | 'tf32' | 'bfloat16' | 'float16';

export const PRECISIONS: readonly Precision[] = ['float32', 'tf32', 'bfloat16', 'float16'];

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

/** Whether an operation is one that mixed precision is for. */
export function isReducible(op: string): boolean {
  return REDUCIBLE.has(op);
}

/** TensorFlow's number of the type that factors are rounded to; undefined where they stay float32. */
export function reducedType(precision: Precision): number | undefined {
  // TensorFlow.js's addon has names for neither; these are TF_DataType's numbers.
  const types: Partial<Record<Precision, number>> = { bfloat16: 14, float16: 19 };
  return types[precision];
}

/** An operation's attributes for another type of its factors. */
export function withType(attributes: AttributeList, type: number): AttributeList {
  return attributes.map((attribute) => (attribute.name === 'T' ? typeAttribute('T', type) : attribute));
}

/** The attributes of a conversion from one type to another. */
export function castAttributes(from: number, to: number): AttributeList {
  return [typeAttribute('SrcT', from), typeAttribute('DstT', to)];
}
