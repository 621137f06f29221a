/**
 * What bytes are, told by their first ones: a file's name and a server's content type are often wrong.
 */

/** The image formats that this library reads. */
export type ImageFormat = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'tiff' | 'bmp';

/** Lengths of the headers that a BMP file may have behind its first 14 bytes. */
const BMP_HEADER_BYTES = [12, 40, 52, 56, 64, 108, 124];

/** The bytes as text, one character a byte. */
function latin1(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The brands that an ISO media file names in its `ftyp` box: `avif`, `heic`, `mp42`; none for another file. */
function isoBrands(bytes: Uint8Array): string[] {
  if (latin1(bytes, 4, 8) !== 'ftyp') return [];
  const length = Math.min(view(bytes).getUint32(0), bytes.length, 256);
  return latin1(bytes, 8, length).match(/.{4}/gs) ?? [];
}

/** Two letters are weak evidence: the header behind them has to have one of the lengths that exist. */
function hasBmpHeader(bytes: Uint8Array): boolean {
  return bytes.length >= 18 && BMP_HEADER_BYTES.includes(view(bytes).getUint32(14, true));
}

/** The format of an image, or null when the bytes are none that this library reads. */
export function imageFormat(bytes: Uint8Array): ImageFormat | null {
  const head = latin1(bytes, 0, 18);
  if (head.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (head.startsWith('RIFF') && head.startsWith('WEBP', 8)) return 'webp';
  if (head.startsWith('GIF87a') || head.startsWith('GIF89a')) return 'gif';
  // The second two are BigTIFF's, whose files may be over 4 GB.
  if (['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].some((start) => head.startsWith(start))) return 'tiff';
  if (isoBrands(bytes).includes('avif')) return 'avif';
  if (head.startsWith('BM') && hasBmpHeader(bytes)) return 'bmp';
  return null;
}

/** First bytes of what people take for an image. */
const SIGNATURES: readonly (readonly [string, string])[] = [
  ['%PDF-', 'a PDF document'],
  ['PK\x03\x04', 'a ZIP archive'],
  ['\x1f\x8b', 'gzip-compressed data'],
  ['8BPS', 'a Photoshop document'],
  ['\0\0\x01\0', 'a Windows icon'],
  ['\xff\x0a', 'a JPEG XL picture'],
  ['\0\0\0\x0cJXL ', 'a JPEG XL picture'],
  ['\0\0\0\x0cjP  ', 'a JPEG 2000 picture'],
];

/** Beginnings of text, with comments left out. */
const TEXTS: readonly (readonly [RegExp, string])[] = [
  [/^<(!doctype html|html|head|body|title|meta|script)\b/i, 'an HTML page'],
  [/^(<\?xml.*)?<(!doctype svg|svg)\b/is, 'an SVG drawing'],
  [/^<\?xml\b/i, 'XML'],
  [/^[[{]\s*["[\]{}]/, 'JSON'],
];

/** What bytes look like that are no image this library reads, to be said in a sentence: `an HTML page`. */
export function looksLike(bytes: Uint8Array): string {
  const head = latin1(bytes, 0, 1024);
  const signature = SIGNATURES.find(([start]) => head.startsWith(start));
  if (signature !== undefined) return signature[1];
  const brands = isoBrands(bytes);
  if (brands.length > 0)
    return brands.some((brand) => /^(he|mif|msf)/.test(brand)) ? 'an HEIC photo' : 'a video';
  if (isBinary(bytes.subarray(0, 1024))) return 'binary data of an unknown format';
  // A byte order mark is no part of the text behind it.
  const text = head
    .replace(/^\xef\xbb\xbf/, '')
    .replace(/<!--.*?-->/gs, '')
    .trimStart();
  return TEXTS.find(([start]) => start.test(text))?.[1] ?? 'text';
}

/** Whether there are control characters that no text has: other than tab, line feed, form feed and carriage return. */
function isBinary(bytes: Uint8Array): boolean {
  return bytes.some((byte) => byte < 32 && ![9, 10, 12, 13].includes(byte));
}
