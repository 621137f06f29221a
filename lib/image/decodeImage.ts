/**
 * From the bytes of an image file to its pixels.
 */
import { ImageError } from '../errors';
import { decodeBmp } from './decodeBmp';
import { type Image, imageOf } from './image';
import { type ImageFormat, imageFormat, looksLike } from './imageFormat';
import { checkScans } from './jpegScans';
import { checkPixels, MAX_PIXELS } from './limits';

const READABLE = 'JPEG, PNG, WebP, GIF, AVIF, TIFF or BMP';

function notAnImage(bytes: Uint8Array, name: string): ImageError {
  const what = looksLike(bytes);
  const fix =
    what === 'an HTML page'
      ? 'Use the image itself, not the page that shows it: copy the address of the image.'
      : `Use an image in the format ${READABLE}.`;
  return new ImageError(`${name} is no image that can be read: it looks like ${what}.`, fix);
}

/** What libvips calls a format. */
const SHARP_FORMATS: Readonly<Record<Exclude<ImageFormat, 'bmp'>, string>> = {
  jpeg: 'jpeg',
  png: 'png',
  webp: 'webp',
  gif: 'gif',
  avif: 'heif',
  tiff: 'tiff',
};

async function decodeWithSharp(
  bytes: Uint8Array,
  format: keyof typeof SHARP_FORMATS,
  name: string,
): Promise<Image> {
  const { default: sharp } = await import('sharp');
  // Sharp's own limit would say less than checkPixels does; it stays where the pixels are decoded.
  const header = await sharp(bytes, { limitInputPixels: false }).metadata();
  if (header.format !== SHARP_FORMATS[format]) throw notAnImage(bytes, name);
  checkPixels(name, header.width, header.height);
  if (format === 'jpeg') checkScans(bytes, name);
  const { data, info } = await sharp(bytes, {
    failOn: 'error',
    limitInputPixels: MAX_PIXELS,
    sequentialRead: true,
    pages: 1,
  })
    .autoOrient()
    .flatten({ background: 'white' })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return imageOf(info.width, info.height, new Uint8Array(data.buffer, data.byteOffset, data.length));
}

/**
 * Decodes an image: its first frame, turned upright as its EXIF data says, in sRGB, with what is transparent put on white.
 *
 * @param bytes of a JPEG, PNG, WebP, GIF, AVIF, TIFF or BMP file; which one, the bytes tell.
 * @param name what to call it in messages.
 * @throws ImageError when it is empty, something else, broken, or over 100 million pixels.
 */
export async function decodeImage(bytes: Uint8Array, name: string): Promise<Image> {
  if (bytes.length === 0) throw new ImageError(`${name} is empty.`, 'Use an image.');
  const format = imageFormat(bytes);
  if (format === null) throw notAnImage(bytes, name);
  if (format === 'bmp') return decodeBmp(bytes, name);
  try {
    return await decodeWithSharp(bytes, format, name);
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw new ImageError(
      `${name} is a broken ${format.toUpperCase()} image: ${(cause as Error).message.split('\n')[0]}`,
      'Get the file again, or another image.',
      { cause },
    );
  }
}
