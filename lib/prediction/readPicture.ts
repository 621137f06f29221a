/**
 * A picture from a file.
 */
import { readFile, stat } from 'node:fs/promises';
import { ImageError } from '../errors';
import { decodePicture } from './decodePicture';
import { MAX_FILE_BYTES, megabytes } from './limits';
import type { Picture } from './picture';

const PROBLEMS: Readonly<Record<string, [string, string]>> = {
  ENOENT: ['does not exist', 'Check the path; it is taken from the folder that the program runs in.'],
  ENOTDIR: ['does not exist', 'Check the path: a part of it is a file, not a folder.'],
  EISDIR: ['is a folder', 'Name a picture in it.'],
  EACCES: ['may not be read', 'Give yourself the right to read it.'],
};

/** Looks before it reads: a pipe or a device may have no end. */
async function readBytes(path: string): Promise<Uint8Array> {
  const status = await stat(path);
  if (status.isDirectory()) throw Object.assign(new Error('a folder'), { code: 'EISDIR' });
  if (!status.isFile()) throw new ImageError(`${path} is no ordinary file.`, 'Name a picture.');
  if (status.size > MAX_FILE_BYTES) {
    throw new ImageError(
      `${path} has ${megabytes(status.size)}, more than the ${megabytes(MAX_FILE_BYTES)} that are read.`,
      'Make the picture smaller first: the network looks at 32×32 pixels of it.',
    );
  }
  return readFile(path);
}

/**
 * Reads a picture from a file, or from the bytes of one.
 *
 * @param source the path of a JPEG, PNG, WebP, GIF, AVIF, TIFF or BMP file, or what is in such a file.
 * @throws ImageError when there is no such file, or it is a folder, empty, no picture, broken, over 50 MB or over 100
 *   million pixels.
 */
export async function readPicture(source: string | Uint8Array): Promise<Picture> {
  if (typeof source !== 'string') return decodePicture(source, 'The picture');
  let bytes: Uint8Array;
  try {
    bytes = await readBytes(source);
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const [what, fix] = PROBLEMS[code] ?? [`can't be read (${message})`, 'Name a picture that can be read.'];
    throw new ImageError(`${source} ${what}.`, fix, { cause });
  }
  return decodePicture(bytes, source);
}
