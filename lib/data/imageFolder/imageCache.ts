/**
 * Decoded pictures on the disk: a header of JSON and the pixels behind it. A cache is of one state of the files and one size; it is written
 * anew where either has changed.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { readRegularFile, writeWhole } from '../../files';
import type { DecodedSize } from './decodeImages';
import type { ImageFile } from './imageFiles';

/** Changed with the layout, and with how pictures are decoded. */
const VERSION = 1;

/** Decoded pictures, and which of the files are none. */
export interface DecodedImages {
  /** Of all files, also of broken ones. */
  images: Uint8Array; // [files, height, width, channels]
  broken: readonly { index: number; problem: string }[];
}

function hash(...parts: (string | Uint8Array)[]): string {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part);
  return sum.digest('hex');
}

/** Where the cache of a folder lies: one for each size. */
export function cachePath(folder: string, root: string, size: DecodedSize): string {
  const path = resolve(root);
  return join(folder, `${basename(path)}-${hash(path, JSON.stringify(size)).slice(0, 12)}.images`);
}

/** Tells a state of files from another: by names, sizes and times. */
function stateOf(files: readonly ImageFile[]): string {
  return hash(
    String(VERSION),
    ...files.map(({ name, bytes, changed }) => JSON.stringify([name, bytes, changed])),
  );
}

/** What was kept of just these files; undefined where nothing is, it is of an earlier state, or it is damaged. */
export async function readCache(
  path: string,
  files: readonly ImageFile[],
): Promise<DecodedImages | undefined> {
  const bytes = await readRegularFile(path).catch(() => undefined);
  const end = bytes?.indexOf('\n') ?? -1;
  if (!bytes || end < 0) return undefined;
  try {
    const { state, sum, broken } = JSON.parse(bytes.toString('utf8', 0, end));
    const images = new Uint8Array(bytes.subarray(end + 1));
    return state === stateOf(files) && sum === hash(images) ? { images, broken } : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps decoded pictures. Where that can't be, because a disk is full or may not be written to, they are decoded again next time. */
export async function writeCache(
  path: string,
  files: readonly ImageFile[],
  { images, broken }: DecodedImages,
): Promise<void> {
  const header = JSON.stringify({ state: stateOf(files), sum: hash(images), broken });
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeWhole(path, Buffer.concat([Buffer.from(`${header}\n`), images]));
  } catch {
    // The next time takes as long as this one.
  }
}
