/**
 * The file format safetensors: a header of JSON that says where each tensor lies, and their bytes. Nothing in it is ever run.
 *
 * @see https://huggingface.co/docs/safetensors, "Format"
 */
import { ModelError } from '../../errors';
import { BYTES, isShape, type NumberKind, sizeOf, type TensorData } from './tensorData';

/** The longest header that is read, as the format has it: 100 MB. */
const MOST_HEADER = 100_000_000;

function broken(file: string, what: string): ModelError {
  return new ModelError(`${file} is no sound safetensors file: ${what}.`, 'Get or write the file again.');
}

/**
 * Reads all tensors of a file; their bytes are views of it.
 *
 * @param file its name, for messages
 * @throws ModelError where the header isn't sound, or tensors overlap, leave gaps, or reach over the end
 */
export function readSafetensors(bytes: Uint8Array, file: string): Map<string, TensorData> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < 8 ? Number.NaN : Number(view.getBigUint64(0, true));
  if (!(length <= MOST_HEADER && length <= bytes.length - 8))
    throw broken(file, 'its header is longer than the file');
  let header: Record<string, unknown>;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length)));
  } catch {
    throw broken(file, 'its header is no JSON');
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header))
    throw broken(file, 'its header is no object');
  const data = bytes.subarray(8 + length);
  const tensors = new Map<string, TensorData>();
  const spans: [begin: number, end: number][] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, shape, data_offsets: offsets } = Object(entry) as Record<string, unknown>;
    const [begin, end] = isShape(offsets) && offsets.length === 2 ? offsets : [Number.NaN, Number.NaN];
    if (typeof dtype !== 'string' || !Object.hasOwn(BYTES, dtype))
      throw broken(file, `${name} is of ${dtype}`);
    const kind = dtype as NumberKind;
    if (
      !isShape(shape) ||
      !(begin <= end && end <= data.length) ||
      end - begin !== sizeOf(shape) * BYTES[kind]
    ) {
      throw broken(
        file,
        `${name} has bytes ${offsets} of ${data.length} for the shape [${shape}] of ${kind}`,
      );
    }
    tensors.set(name, { kind, shape, bytes: data.subarray(begin, end) });
    spans.push([begin, end]);
  }
  spans.sort(([a, c], [b, d]) => a - b || c - d);
  const end = spans.reduce((before, [begin, end]) => (begin === before ? end : Number.NaN), 0);
  if (end !== data.length) throw broken(file, 'its tensors overlap, or leave gaps');
  return tensors;
}

/** The bytes of a file with these tensors. */
export function writeSafetensors(tensors: ReadonlyMap<string, TensorData>): Uint8Array {
  let at = 0;
  const entries = [...tensors].map(([name, { kind, shape, bytes }]) => {
    const begin = at;
    at += bytes.length;
    return [name, { dtype: kind, shape, data_offsets: [begin, at] }] as const;
  });
  const json = JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) });
  // Padded, so that tensors begin at a multiple of 8.
  const header = Buffer.from(
    json.padEnd(Math.ceil(Buffer.byteLength(json) / 8) * 8 - Buffer.byteLength(json) + json.length),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, ...[...tensors.values()].map(({ bytes }) => bytes)]);
}
