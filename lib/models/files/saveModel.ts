/**
 * A network to files: TensorFlow.js's own format, a folder with model.json and its weights.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkChoice, checkForm, checkNumber, filePath } from '../../checks';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { ModelError } from '../../errors';
import { inTurn, writeWhole } from '../../files';
import { checkNotDisposed } from '../weights';
import { toFloat16 } from './float16';
import {
  type ModelArtifacts,
  type ModelJson,
  type SaveResult,
  type WeightSpec,
  weightsFileName,
} from './modelFiles';

/** What `saveModel` takes. */
export interface SaveModelOptions {
  /** The type of the numbers in the file. `float16` halves it, and rounds each weight to 11 bits. Default `float32`. */
  dtype?: 'float32' | 'float16';
}

/** The names that weights are saved under: the contents' hash is in them. */
const WEIGHTS = /^weights\.[0-9a-f]{8}\.bin$/;

/**
 * Saves a network, with what `networkInfo` knows of it, so that any TensorFlow.js can load it: `model.json`, and beside it
 * `weights.<hash>.bin`, which model.json names. Other files in the folder are left alone.
 *
 * A network saved there before is replaced in one go: until the new model.json is in place, whole, the old one and its
 * weights stand.
 *
 * @param path the folder, also as a `file:` address; made if it isn't there
 * @throws ModelError where the folder can't be written, or a weight is too large for float16; ConfigError for another type
 */
export async function saveModel(
  net: TensorFlow.LayersModel,
  path: string | URL,
  options: SaveModelOptions = {},
): Promise<void> {
  checkNotDisposed(net);
  const { dtype = 'float32' } = checkForm('options', options, {}, "Give for example { dtype: 'float16' }.");
  checkChoice('dtype', dtype, ['float32', 'float16']);
  const folder = filePath(path, ModelError);
  try {
    // The folder is made within the turn, so that saves take their turns in the order in which they were asked for.
    await inTurn(folder, async () => {
      await mkdir(folder, { recursive: true });
      return net.save(tf.io.withSaveHandler((artifacts) => write(artifacts, folder, dtype)));
    });
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError(
      `The network can't be saved to ${folder}: ${(cause as Error).message}.`,
      'Give a folder that may be written and a disk with free space.',
      { cause },
    );
  }
}

/** The path of a network after so many epochs, `path_20`, as the article names it (section 8). */
export function epochPath(path: string, epoch: number): string {
  checkForm('path', path, 'string', "Give a path, such as 'folder/name'.");
  checkNumber('epoch', epoch, 0);
  return `${path}_${epoch}`;
}

/** Weights as they are written, and what model.json says of them. */
function encoded(
  { weightData, weightSpecs = [] }: ModelArtifacts,
  dtype: 'float32' | 'float16',
): { weights: Uint8Array; specs: WeightSpec[] } {
  const bytes = tf.io.CompositeArrayBuffer.join(weightData);
  if (dtype === 'float32') return { weights: new Uint8Array(bytes), specs: weightSpecs };
  const isFloat = ({ dtype: type }: WeightSpec) => type === 'float32';
  const sizes = weightSpecs.map(({ shape }) => tf.util.sizeFromShape(shape));
  let at = 0;
  const parts = weightSpecs.map((spec, i) => {
    const length = sizes[i] * 4; // TensorFlow.js has weights of 4 bytes only
    const part = bytes.slice(at, at + length);
    at += length;
    return isFloat(spec)
      ? new Uint8Array(toFloat16(new Float32Array(part), spec.name).buffer)
      : new Uint8Array(part);
  });
  const specs = weightSpecs.map(
    (spec): WeightSpec => (isFloat(spec) ? { ...spec, quantization: { dtype: 'float16' } } : spec),
  );
  return { weights: Buffer.concat(parts), specs };
}

async function write(
  artifacts: ModelArtifacts,
  path: string,
  dtype: 'float32' | 'float16',
): Promise<SaveResult> {
  const { weights, specs } = encoded(artifacts, dtype);
  const weightsFile = weightsFileName(weights);
  const modelJson: ModelJson = {
    modelTopology: artifacts.modelTopology as object,
    format: artifacts.format,
    generatedBy: artifacts.generatedBy,
    convertedBy: artifacts.convertedBy,
    userDefinedMetadata: artifacts.userDefinedMetadata,
    weightsManifest: [{ paths: [weightsFile], weights: specs }],
  };
  await writeWhole(join(path, weightsFile), weights);
  await writeWhole(join(path, 'model.json'), JSON.stringify(modelJson));
  for (const name of await readdir(path)) {
    if (WEIGHTS.test(name) && name !== weightsFile) await rm(join(path, name));
  }
  return { modelArtifactsInfo: { dateSaved: (await stat(path)).mtime, modelTopologyType: 'JSON' } };
}
