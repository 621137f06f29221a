/**
 * Writing protocol buffer messages.
 *
 * @see https://protobuf.dev/programming-guides/encoding
 */

/** A field of a message: whole numbers, a float32, a text, bytes, or a message; several of one number where it repeats. */
export type Field = readonly [number: number, value: number | { float: number } | string | Uint8Array];

const VARINT = 0;
const LENGTH = 2;
const FIXED32 = 5;

/** A whole number of 0 to 2^53, or a negative one as 64 bits, seven bits a byte. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const more = rest > 0x7fn;
    bytes.push(Number(rest & 0x7fn) | (more ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}

function parts([number, value]: Field): Uint8Array[] {
  const key = (wire: number) => varint(number * 8 + wire);
  if (typeof value === 'number') return [key(VARINT), varint(value)];
  if (typeof value === 'string') return parts([number, Buffer.from(value, 'utf8')]);
  if (value instanceof Uint8Array) return [key(LENGTH), varint(value.length), value];
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value.float);
  return [key(FIXED32), bytes];
}

/** The bytes of a message. */
export function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(fields.flatMap(parts));
}
