/** Image files made byte by byte: those that no encoder would write. */
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';

/** A small image of one color. */
export const plain = (): sharp.Sharp =>
  sharp({ create: { width: 64, height: 48, channels: 3, background: '#c81e1e' } });

function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A chunk of a PNG file, its checksum right. */
export function pngChunk(type: string, data: Uint8Array = new Uint8Array()): Buffer {
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from(type, 'latin1'), data, Buffer.alloc(4)]);
  chunk.writeUInt32BE(data.length, 0);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}

/** A PNG file that claims a size and holds what it is given. */
export function png(claims: {
  width: number;
  height: number;
  bits?: number;
  /** 0 gray, 2 color, 6 color and alpha. */
  color?: number;
  /** Rows, each behind a byte that says how it is filtered; packed. */
  rows?: Uint8Array;
  /** Chunks before the pixels. */
  chunks?: Buffer[];
}): Buffer {
  const { width, height, bits = 8, color = 2, rows = deflateSync(new Uint8Array(4)), chunks = [] } = claims;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([bits, color], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', header),
    ...chunks,
    pngChunk('IDAT', rows),
    pngChunk('IEND'),
  ]);
}

/** A text or profile in a PNG file: packed bytes behind a name. */
export function pngText(type: string, packed: Uint8Array): Buffer {
  return pngChunk(type, Buffer.concat([Buffer.from('name\0\0', 'latin1'), packed]));
}

/** Where a JPEG's marker of this kind is. */
export function jpegMarker(jpeg: Buffer, isWanted: (marker: number) => boolean): number {
  for (let at = 2; ; at += 2 + jpeg.readUInt16BE(at + 2)) if (isWanted(jpeg[at + 1])) return at;
}

/** A JPEG file that claims another size. */
export function jpegClaiming(jpeg: Buffer, width: number, height: number): Buffer {
  const claiming = Buffer.from(jpeg);
  const frame = jpegMarker(jpeg, (marker) => marker >= 0xc0 && marker <= 0xc2);
  claiming.writeUInt16BE(height, frame + 5);
  claiming.writeUInt16BE(width, frame + 7);
  return claiming;
}

/** A JPEG file that draws its first channel again and again, over all of a large image. */
export async function jpegOfScans(scans: number): Promise<Buffer> {
  const jpeg = await plain().jpeg({ chromaSubsampling: '4:4:4', optimiseCoding: false }).toBuffer();
  const large = jpegClaiming(jpeg, 8000, 8000);
  const scan = (channel: number) =>
    Buffer.from([0xff, 0xda, 0, 8, 1, channel, channel === 1 ? 0 : 0x11, 0, 63, 0, 0]);
  return Buffer.concat([
    large.subarray(
      0,
      jpegMarker(large, (marker) => marker === 0xda),
    ),
    ...Array.from({ length: scans }, () => scan(1)),
    scan(2),
    scan(3),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** A TIFF file of gray pages that claim a size, all with the same few bytes for pixels. */
export function tiff(claims: {
  width: number;
  height: number;
  pages?: number;
  channels?: number;
  /** 1 none, 8 deflate. */
  compression?: number;
  /** Whether the last page says that the first is next. */
  circle?: boolean;
}): Buffer {
  const { width, height, pages = 1, channels = 1, compression = 1, circle = false } = claims;
  const pixels = 4;
  const pageBytes = 2 + 9 * 12 + 4;
  const file = Buffer.alloc(8 + pages * pageBytes + pixels);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(8, 4);
  const LONG = 4;
  const tags = [
    [256, width],
    [257, height],
    [258, 8], // bits
    [259, compression],
    [262, 1], // black is 0
    [273, file.length - pixels],
    [277, channels],
    [278, height], // rows in a strip
    [279, pixels],
  ];
  for (let page = 0; page < pages; page++) {
    const at = 8 + page * pageBytes;
    file.writeUInt16LE(tags.length, at);
    tags.forEach(([tag, value], i) => {
      const entry = at + 2 + i * 12;
      file.writeUInt16LE(tag, entry);
      file.writeUInt16LE(LONG, entry + 2);
      file.writeUInt32LE(1, entry + 4);
      file.writeUInt32LE(value, entry + 8);
    });
    const next = page + 1 < pages ? at + pageBytes : circle ? 8 : 0;
    file.writeUInt32LE(next, at + pageBytes - 4);
  }
  return file;
}

/** A BMP file of a header of 40 bytes, or of 12 where `core`. */
export function bmp(options: {
  width: number;
  height: number;
  bits: number;
  pixels: number[];
  palette?: number[];
  compression?: number;
  masks?: number[];
  core?: boolean;
}): Buffer {
  const { width, height, bits, pixels, palette = [], compression = 0, masks = [], core = false } = options;
  const header = Buffer.alloc(core ? 26 : 54 + masks.length * 4);
  header.write('BM');
  header.writeUInt32LE(header.length + palette.length, 10);
  header.writeUInt32LE(core ? 12 : 40, 14);
  if (core) {
    header.writeUInt16LE(width, 18);
    header.writeUInt16LE(height, 20);
    header.writeUInt16LE(1, 22);
    header.writeUInt16LE(bits, 24);
  } else {
    header.writeInt32LE(width, 18);
    header.writeInt32LE(height, 22);
    header.writeUInt16LE(1, 26);
    header.writeUInt16LE(bits, 28);
    header.writeUInt32LE(compression, 30);
    for (const [i, mask] of masks.entries()) header.writeUInt32LE(mask, 54 + i * 4);
  }
  return Buffer.concat([header, Buffer.from(palette), Buffer.from(pixels)]);
}
