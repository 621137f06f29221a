/**
 * A tensor of a file of weights, before it belongs to a network.
 */
import { ModelError } from '../../errors';
import { fromFloat16 } from '../files/float16';

/** Kinds of numbers, by the names that safetensors gives them. */
export type NumberKind = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

/** Bytes of a number. */
export const BYTES: Readonly<Record<NumberKind, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** A tensor of a file. */
export interface TensorData {
  readonly kind: NumberKind;
  readonly shape: readonly number[];
  /** Little-endian, row by row. */
  readonly bytes: Uint8Array;
}

/** How many numbers a shape has; Infinity where that is more than a number counts. */
export function sizeOf(shape: readonly number[]): number {
  const size = shape.reduce((product, length) => product * length, 1);
  return Number.isSafeInteger(size) ? size : Number.POSITIVE_INFINITY;
}

/** Whether a list can be a shape. */
export function isShape(shape: unknown): shape is number[] {
  return Array.isArray(shape) && shape.every((length) => Number.isSafeInteger(length) && length >= 0);
}

/**
 * The numbers of a tensor in float32.
 *
 * @throws ModelError for kinds that hold no fractions
 */
export function floatsOf({ kind, bytes }: TensorData, name: string): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.byteLength / BYTES[kind];
  const read = (at: (offset: number) => number) =>
    Float32Array.from({ length }, (_, i) => at(i * BYTES[kind]));
  switch (kind) {
    case 'F32':
      // A copy, since the bytes may lie anywhere and numbers must not.
      return new Float32Array(Uint8Array.from(bytes).buffer);
    case 'F64':
      return read((offset) => view.getFloat64(offset, true));
    case 'F16':
      return read((offset) => fromFloat16(view.getUint16(offset, true)));
    case 'BF16': {
      const wide = new DataView(new ArrayBuffer(4));
      return read((offset) => {
        wide.setUint32(0, view.getUint16(offset, true) << 16);
        return wide.getFloat32(0);
      });
    }
    default:
      throw new ModelError(
        `${name} is of ${kind}, whole numbers.`,
        'Give weights in float32, float64 or of 16 bits.',
      );
  }
}
