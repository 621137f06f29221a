/**
 * Windows bitmaps, which sharp doesn't read: 1, 4, 8, 16, 24 and 32 bits a pixel, with a palette or bit masks.
 * The layout is that of Microsoft's documentation of BITMAPFILEHEADER and of BITMAPCOREHEADER to BITMAPV5HEADER.
 */
import { ImageError } from '../errors';
import { type Image, imageOf } from './image';
import { checkPixels } from './limits';

/** How pixels are stored. Others are run-length codes, or a JPEG or PNG inside. */
const BI_RGB = 0;
const BI_BITFIELDS = 3;
const BI_ALPHABITFIELDS = 6;

const FILE_HEADER_BYTES = 14;
const CORE_HEADER_BYTES = 12;
const INFO_HEADER_BYTES = 40;
/** Headers of this length and up have a mask for alpha. */
const V3_HEADER_BYTES = 56;

/** What the header says of the pixels behind it. */
interface Header {
  width: number;
  height: number;
  /** Rows are stored from the bottom up, unless the height was negative. */
  topDown: boolean;
  bitsPerPixel: number;
  /** Of red, green, blue and alpha within a pixel; unused where there is a palette. */
  masks: number[]; // [4]
  paletteAt: number;
  paletteEntryBytes: number;
  pixelsAt: number;
}

function broken(name: string, what: string): ImageError {
  return new ImageError(`${name} is a broken BMP image: ${what}.`, 'Get the file again, or another image.');
}

function readHeader(view: DataView, name: string): Header {
  const pixelsAt = view.getUint32(10, true);
  const headerBytes = view.getUint32(14, true);
  if (headerBytes === CORE_HEADER_BYTES) {
    return {
      width: view.getUint16(18, true),
      height: view.getUint16(20, true),
      topDown: false,
      bitsPerPixel: view.getUint16(24, true),
      masks: [0xff0000, 0xff00, 0xff, 0],
      paletteAt: FILE_HEADER_BYTES + CORE_HEADER_BYTES,
      paletteEntryBytes: 3,
      pixelsAt,
    };
  }
  const height = view.getInt32(22, true);
  const bitsPerPixel = view.getUint16(28, true);
  const compression = view.getUint32(30, true);
  // Without masks: 5 bits a channel in 16, else a byte a channel; the fourth byte of 32 means nothing then.
  let masks = bitsPerPixel === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0];
  let paletteAt = FILE_HEADER_BYTES + headerBytes;
  if (compression === BI_BITFIELDS || compression === BI_ALPHABITFIELDS) {
    // The masks are at one place: behind a header of 40 bytes, within a longer one.
    const hasAlpha = compression === BI_ALPHABITFIELDS || headerBytes >= V3_HEADER_BYTES;
    masks = [54, 58, 62].map((at) => view.getUint32(at, true));
    masks.push(hasAlpha ? view.getUint32(66, true) : 0);
    if (headerBytes === INFO_HEADER_BYTES) paletteAt += hasAlpha ? 16 : 12;
  } else if (compression !== BI_RGB) {
    throw new ImageError(`${name} is a compressed BMP image, which isn't read here.`, 'Save it as PNG.');
  }
  return {
    width: view.getInt32(18, true),
    height: Math.abs(height),
    topDown: height < 0,
    bitsPerPixel,
    masks,
    paletteAt,
    paletteEntryBytes: 4,
    pixelsAt,
  };
}

/** The bits of a pixel under a mask that isn't empty, scaled to 0..255. */
function scaled(pixel: number, mask: number): number {
  const shift = 31 - Math.clz32(mask & -mask);
  return (((pixel & mask) >>> shift) * 255) / (mask >>> shift);
}

/** A little-endian pixel of 16, 24 or 32 bits. */
function readPixel(view: DataView, at: number, bitsPerPixel: number): number {
  if (bitsPerPixel === 16) return view.getUint16(at, true);
  if (bitsPerPixel === 32) return view.getUint32(at, true);
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}

/** Writes a row of palette indices as colors into `target` from index `to` on. */
function readIndexedRow(
  view: DataView,
  at: number,
  header: Header,
  name: string,
  target: Uint8Array,
  to: number,
) {
  const { bitsPerPixel, paletteAt, paletteEntryBytes, pixelsAt, width } = header;
  for (let x = 0; x < width; x++) {
    const bit = x * bitsPerPixel;
    const byte = view.getUint8(at + (bit >> 3));
    const index = (byte >> (8 - bitsPerPixel - (bit & 7))) & ((1 << bitsPerPixel) - 1);
    const entry = paletteAt + index * paletteEntryBytes; // blue, green, red
    if (entry + 3 > pixelsAt) throw broken(name, `its palette has no color ${index}`);
    for (let channel = 0; channel < 3; channel++) {
      target[to + x * 3 + channel] = view.getUint8(entry + 2 - channel);
    }
  }
}

/** Writes a row of pixels, put on white where they are transparent, into `target` from index `to` on. */
function readColourRow(view: DataView, at: number, header: Header, target: Uint8Array, to: number) {
  const { bitsPerPixel, masks, width } = header;
  const alphaMask = masks[3];
  for (let x = 0; x < width; x++) {
    const pixel = readPixel(view, at + (x * bitsPerPixel) / 8, bitsPerPixel);
    const alpha = alphaMask === 0 ? 1 : scaled(pixel, alphaMask) / 255;
    for (let channel = 0; channel < 3; channel++) {
      const value = masks[channel] === 0 ? 0 : scaled(pixel, masks[channel]);
      target[to + x * 3 + channel] = Math.round(value * alpha + 255 * (1 - alpha));
    }
  }
}

function decode(view: DataView, name: string): Image {
  const header = readHeader(view, name);
  const { width, height, bitsPerPixel, pixelsAt, topDown } = header;
  if (width <= 0 || height <= 0) throw broken(name, `its size is ${width}×${height}`);
  if (![1, 4, 8, 16, 24, 32].includes(bitsPerPixel))
    throw broken(name, `it has ${bitsPerPixel} bits a pixel`);
  checkPixels(name, width, height);
  const rowBytes = Math.ceil((width * bitsPerPixel) / 32) * 4;
  // Looked at before memory is taken: a header may claim more pixels than the file has.
  if (pixelsAt + rowBytes * height > view.byteLength) throw broken(name, 'it ends too early');

  const data = new Uint8Array(width * height * 3); // [height, width, 3]
  for (let y = 0; y < height; y++) {
    const at = pixelsAt + rowBytes * (topDown ? y : height - 1 - y);
    const to = y * width * 3;
    if (bitsPerPixel <= 8) readIndexedRow(view, at, header, name, data, to);
    else readColourRow(view, at, header, data, to);
  }
  return imageOf(width, height, data);
}

/**
 * Decodes a BMP image.
 *
 * @param bytes the file.
 * @param name what to call it in messages.
 * @throws ImageError when it is truncated, contradicts itself, is compressed or too large.
 */
export function decodeBmp(bytes: Uint8Array, name: string): Image {
  try {
    return decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), name);
  } catch (error) {
    // What a view throws when it is read past its end.
    if (error instanceof RangeError) throw broken(name, 'it ends too early');
    throw error;
  }
}
