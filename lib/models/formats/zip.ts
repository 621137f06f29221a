/**
 * The files in a ZIP archive.
 */
import * as zlib from 'node:zlib';
import { ModelError } from '../../errors';

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const ZIP64_LOCATOR = 0x07064b50;
const END_LENGTH = 22;
const STORED = 0;
const DEFLATED = 8;

/** What stands for a size or place of 4 GB and more. */
const TOO_LARGE = 2 ** 32 - 1;
/** The most bytes that a packed file may unpack to: 1 GB. */
const MOST_BYTES = 2 ** 30;

/** Whether bytes begin as an archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return (
    bytes.length > END_LENGTH && bytes[0] === 0x50 && bytes[1] === 0x4b && bytes[2] === 3 && bytes[3] === 4
  );
}

/**
 * Lists an archive: each file's name, and what reads it.
 *
 * @param file the archive's name, for messages
 * @throws ModelError where the archive isn't sound, or is larger than 4 GB
 */
export function readZip(bytes: Uint8Array, file: string): Map<string, () => Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const broken = (what: string) =>
    new ModelError(`${file} is no sound archive: ${what}.`, 'Get or write the file again.');
  let end = bytes.length - END_LENGTH;
  const first = Math.max(0, end - 0xffff);
  while (end >= first && view.getUint32(end, true) !== END_OF_DIRECTORY) end--;
  if (end < first) throw broken('its directory is missing');
  if (
    end >= 20 &&
    view.getUint32(end - 20, true) === ZIP64_LOCATOR &&
    view.getUint32(end + 16, true) === TOO_LARGE
  ) {
    throw broken('it is larger than 4 GB');
  }
  const files = new Map<string, () => Uint8Array>();
  let at = view.getUint32(end + 16, true);
  for (let left = view.getUint16(end + 10, true); left > 0; left--) {
    if (at + 46 > end || view.getUint32(at, true) !== DIRECTORY_ENTRY)
      throw broken('its directory is cut off');
    const method = view.getUint16(at + 10, true);
    const [packed, size] = [view.getUint32(at + 20, true), view.getUint32(at + 24, true)];
    const [nameLength, extra, comment] = [28, 30, 32].map((offset) => view.getUint16(at + offset, true));
    const local = view.getUint32(at + 42, true);
    const name = Buffer.from(bytes.subarray(at + 46, at + 46 + nameLength)).toString('utf8');
    files.set(name, () => {
      if (local + 30 > end || view.getUint32(local, true) !== LOCAL_HEADER)
        throw broken(`${name} isn't where it should be`);
      const begin = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
      if (begin + packed > end) throw broken(`${name} reaches over its end`);
      const content = bytes.subarray(begin, begin + packed);
      if (method === STORED && packed === size) return content;
      if (method !== DEFLATED || size > MOST_BYTES)
        throw broken(`${name} is packed in a way that isn't read`);
      try {
        const unpacked = zlib.inflateRawSync(content, { maxOutputLength: Math.max(1, size) });
        if (unpacked.length === size) return unpacked;
      } catch {
        // Told below.
      }
      throw broken(`${name} doesn't unpack to ${size} bytes`);
    });
    at += 46 + nameLength + extra + comment;
  }
  return files;
}

/** The bytes of an archive of files, stored as they are. */
export function zip(files: Readonly<Record<string, Uint8Array>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, bytes] of Object.entries(files)) {
    const text = Buffer.from(name, 'utf8');
    // Versions, flags (the name is UTF-8), no packing, the time 0 of 1980-01-01, checksum, sizes, the name's length, nothing extra.
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(0x800, 2);
    about.writeUInt16LE(0x21, 8);
    about.writeUInt32LE(crc32(bytes), 10);
    about.writeUInt32LE(bytes.length, 14);
    about.writeUInt32LE(bytes.length, 18);
    about.writeUInt16LE(text.length, 22);
    parts.push(signed(LOCAL_HEADER), about, text, Buffer.from(bytes));
    const place = Buffer.alloc(14); // no comment, on the first disk, no attributes
    place.writeUInt32LE(at, 10);
    directory.push(signed(DIRECTORY_ENTRY), Buffer.from([20, 0]), about, place, text);
    at += 4 + about.length + text.length + bytes.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(END_LENGTH - 4);
  const count = Object.keys(files).length;
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(entries.length, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...parts, entries, signed(END_OF_DIRECTORY), end]);
}

function signed(signature: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(signature);
  return bytes;
}

/** Node's own CRC-32, which the declarations of its first versions lack. */
const { crc32 } = zlib as unknown as { crc32(bytes: Uint8Array): number };
