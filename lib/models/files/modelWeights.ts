/**
 * The weights that a model.json names: read when they are as large as it says, and nothing beside its folder is read.
 */
import { basename, dirname, isAbsolute, join, relative } from 'node:path';
import { tf } from '../../engine/runtime/tensorflow';
import { ModelError } from '../../errors';
import { fileSize, readRegularFile } from '../../files';
import { isNamedByContent, type WeightSpec, type WeightsManifest, weightsFileName } from './modelFiles';

/** What to do about a network that isn't whole. */
export const SAVE_AGAIN = 'Save the network again with saveModel, or copy its folder again, whole.';

/** Bytes of a number, by the name of its type. */
const BYTES: Readonly<Record<string, number>> = {
  float32: 4,
  int32: 4,
  float16: 2,
  uint16: 2,
  uint8: 1,
  bool: 1,
};

/**
 * Reads the weights of a network.
 *
 * @param manifest as it was read, whatever it is
 * @param file the model.json it is from
 * @throws ModelError where it is no such list, and where files are missing, of another size or altered
 */
export async function readWeights(
  manifest: WeightsManifest,
  file: string,
): Promise<[WeightSpec[], ArrayBuffer]> {
  const fault = faultOf(manifest);
  if (fault) throw new ModelError(`The weightsManifest of ${file} ${fault}.`, SAVE_AGAIN);
  const specs = manifest.flatMap((group) => group.weights);
  const paths = manifest.flatMap((group) => group.paths).map((name) => join(dirname(file), name));
  // Looked at before memory is taken.
  const found = (
    await Promise.all(
      paths.map(async (path) => (await fileSize(path)) ?? refuseUnread(path, new Error('it is missing'))),
    )
  ).reduce((total, size) => total + size, 0);
  const expected = specs.reduce((total, spec) => total + byteLength(spec), 0);
  if (found !== expected) {
    throw new ModelError(
      `${paths.join(', ')} has ${found} bytes, ${file} describes ${expected}.`,
      SAVE_AGAIN,
    );
  }
  const parts = await Promise.all(paths.map(readWeightsFile));
  paths.forEach((path, i) => {
    if (isNamedByContent(path) && basename(path) !== weightsFileName(new Uint8Array(parts[i]))) {
      throw new ModelError(`${path} was altered since it was saved.`, SAVE_AGAIN);
    }
  });
  return [specs, tf.io.CompositeArrayBuffer.join(parts)];
}

/** What is wrong with a list of weights, if anything is. */
function faultOf(manifest: readonly unknown[]): string | undefined {
  const names = new Set<string>();
  for (const group of manifest) {
    const { paths, weights } = Object(group) as Record<string, unknown>;
    if (!Array.isArray(paths) || !Array.isArray(weights)) return 'has a group without paths and weights';
    if (!weights.every(isSpec)) return 'has a weight without a name, a shape and a type';
    for (const name of paths) {
      if (typeof name !== 'string' || leadsOut(name)) return `names ${name}, which isn't beside it`;
      if (names.has(name)) return `names ${name} twice`;
      names.add(name);
    }
  }
  return undefined;
}

function leadsOut(name: string): boolean {
  const path = relative('/folder', join('/folder', name));
  return path === '' || path.startsWith('..') || isAbsolute(path);
}

function isSpec(value: unknown): value is WeightSpec {
  const { name, shape, dtype, quantization } = Object(value) as Partial<WeightSpec>;
  return (
    typeof name === 'string' &&
    Array.isArray(shape) &&
    shape.every((size) => Number.isSafeInteger(size) && size >= 0) &&
    [dtype, quantization?.dtype ?? dtype].every((type) => Object.hasOwn(BYTES, type ?? ''))
  );
}

/** Bytes that one weight has in its file. */
function byteLength({ shape, dtype, quantization }: WeightSpec): number {
  return tf.util.sizeFromShape(shape) * BYTES[quantization?.dtype ?? dtype];
}

function refuseUnread(path: string, cause: Error): never {
  throw new ModelError(`The weights ${path} can't be read: ${cause.message}.`, SAVE_AGAIN, { cause });
}

async function readWeightsFile(path: string): Promise<ArrayBuffer> {
  const bytes = await readRegularFile(path).catch((cause) => refuseUnread(path, cause));
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}
