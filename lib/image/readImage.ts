/**
 * An image from a file.
 */
import { readFile, stat } from 'node:fs/promises';
import { isAnyArrayBuffer } from 'node:util/types';
import { filePath } from '../checks';
import { ImageError, quotable } from '../errors';
import { decodeImage } from './decodeImage';
import type { Image } from './image';
import { MAX_FILE_BYTES, megabytes } from './limits';

const PROBLEMS: Readonly<Record<string, [string, string]>> = {
  ENOENT: ['does not exist', 'Check the path; it is taken from the folder that the program runs in.'],
  ENOTDIR: ['does not exist', 'Check the path: a part of it is a file, not a folder.'],
  EISDIR: ['is a folder', 'Name an image in it.'],
  ENAMETOOLONG: ["can't be a path: it is too long", 'Check the path.'],
  EACCES: ['may not be read', 'Give yourself the right to read it.'],
};

/** Looks before it reads: a pipe or a device may have no end. */
async function readFileBytes(path: string, name: string): Promise<Uint8Array> {
  const status = await stat(path);
  if (status.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  if (!status.isFile()) throw new ImageError(`${name} is no regular file.`, 'Name an image.');
  if (status.size > MAX_FILE_BYTES) {
    throw new ImageError(
      `${name} has ${megabytes(status.size)}, more than the ${megabytes(MAX_FILE_BYTES)} that are read.`,
      'Make the image smaller first: the network looks at 32×32 pixels of it.',
    );
  }
  return readFile(path);
}

/** What to do where there is no such file. */
function fixFor(path: string, fix: string): string {
  if (/^(https?|data):/i.test(path)) return 'Use predictUrl or fetchImage for an address.';
  return path.startsWith('~') ? "Write the home folder out: '~' is known to the shell only." : fix;
}

/** Bytes of the caller's, copied: they may change while they are decoded elsewhere. */
function copied(bytes: ArrayBufferLike | ArrayBufferView): Uint8Array {
  return Uint8Array.from(
    ArrayBuffer.isView(bytes)
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      : new Uint8Array(bytes),
  );
}

/**
 * Reads an image from a file, or from the bytes of one.
 *
 * @param source the path or `file:` address of a JPEG, PNG, WebP, GIF, AVIF, TIFF or BMP file, or what is in such a file.
 * @throws ImageError when there is no such file, or it is a folder, empty, no image, broken, over 50 MB or over 100
 *   million pixels.
 */
export async function readImage(source: string | URL | ArrayBufferLike | ArrayBufferView): Promise<Image> {
  if (isAnyArrayBuffer(source) || ArrayBuffer.isView(source)) {
    return decodeImage(copied(source), 'The picture');
  }
  const path = filePath(source as string | URL, ImageError);
  const name = quotable(path);
  let bytes: Uint8Array;
  try {
    bytes = await readFileBytes(path, name);
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const [what, fix] = PROBLEMS[code] ?? [`can't be read (${message})`, 'Name an image that can be read.'];
    throw new ImageError(`${name} ${what}.`, fixFor(path, fix), { cause });
  }
  return decodeImage(bytes, name);
}
