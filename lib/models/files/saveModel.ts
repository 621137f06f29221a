/**
 * A network to files: TensorFlow.js's own format, a folder with model.json and its weights.
 */
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkForm, checkNumber, filePath } from '../../checks';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { ModelError } from '../../errors';
import { inTurn, writeWhole } from '../../files';
import { checkNotDisposed } from '../weights';
import { type ModelArtifacts, type ModelJson, type SaveResult, weightsFileName } from './modelFiles';

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
 * @throws ModelError where the folder can't be written
 */
export async function saveModel(net: TensorFlow.LayersModel, path: string | URL): Promise<void> {
  checkNotDisposed(net);
  const folder = filePath(path, ModelError);
  try {
    await mkdir(folder, { recursive: true });
    await inTurn(folder, () => net.save(tf.io.withSaveHandler((artifacts) => write(artifacts, folder))));
  } catch (cause) {
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

async function write(artifacts: ModelArtifacts, path: string): Promise<SaveResult> {
  const weights = new Uint8Array(tf.io.CompositeArrayBuffer.join(artifacts.weightData));
  const weightsFile = weightsFileName(weights);
  const modelJson: ModelJson = {
    modelTopology: artifacts.modelTopology as object,
    format: artifacts.format,
    generatedBy: artifacts.generatedBy,
    convertedBy: artifacts.convertedBy,
    userDefinedMetadata: artifacts.userDefinedMetadata,
    weightsManifest: [{ paths: [weightsFile], weights: artifacts.weightSpecs! }],
  };
  await writeWhole(join(path, weightsFile), weights);
  await writeWhole(join(path, 'model.json'), JSON.stringify(modelJson));
  for (const name of await readdir(path)) {
    if (WEIGHTS.test(name) && name !== weightsFile) await rm(join(path, name));
  }
  return { modelArtifactsInfo: { dateSaved: (await stat(path)).mtime, modelTopologyType: 'JSON' } };
}
