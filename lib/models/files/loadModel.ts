/**
 * A network from files.
 */
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { filePath } from '../../checks';
import { type TensorFlow, tf } from '../../engine/runtime/tensorflow';
import { ModelError } from '../../errors';
import { readRegularFile } from '../../files';
import { isNetworkInfo } from '../networkInfo';
import { asKeras2, isKeras3 } from './keras3';
import type { ModelJson } from './modelFiles';
import { canBeBuilt } from './modelTopology';
import { readWeights, SAVE_AGAIN } from './modelWeights';

/**
 * Loads a network in TensorFlow.js's layers format, as `saveModel` and TensorFlow.js's converter write it, of Keras 2 or 3.
 *
 * @param path the folder that holds model.json, or model.json itself; a `file:` address is taken too
 * @throws ModelError where nothing is there, where a file is missing, cut off or no such model, and where weights don't fit
 */
export async function loadModel(path: string | URL): Promise<TensorFlow.LayersModel> {
  const file = await modelFile(filePath(path, ModelError));
  const read = await readModelJson(file);
  const json = isKeras3(read.modelTopology) ? asKeras2(read, file) : read;
  try {
    if (!canBeBuilt(json.modelTopology)) {
      throw new ModelError(`The layers in ${file} don't hang together: one waits for ever.`, SAVE_AGAIN);
    }
    const artifacts = await tf.io.getModelArtifactsForJSON(json, (manifest) => readWeights(manifest, file));
    return await tf.loadLayersModel(tf.io.fromMemory(artifacts));
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError(
      `The network and the weights in ${file} don't fit together: ${reasonOf(cause)}`,
      SAVE_AGAIN,
      { cause },
    );
  }
}

/** What TensorFlow.js says; where it trips over something it took for granted, that says nothing to anybody else. */
function reasonOf(cause: unknown): string {
  const tripped = cause instanceof TypeError || cause instanceof RangeError;
  return tripped ? 'modelTopology is none that TensorFlow.js writes.' : (cause as Error).message;
}

/** The model.json that a path means. */
async function modelFile(path: string): Promise<string> {
  const found = await stat(path).catch((cause) => {
    throw new ModelError(
      `There is no network at ${path}.`,
      'Check the path, or train a network with savePath, which saves it.',
      { cause },
    );
  });
  if (!found.isDirectory()) return path;
  if (await stat(join(path, 'saved_model.pb')).catch(() => undefined))
    refuseFormat(path, 'a SavedModel', 'tf_saved_model');
  return join(path, 'model.json');
}

/** Refuses a network of another program, and says how to convert it. */
function refuseFormat(path: string, what: string, inputFormat?: string): never {
  throw new ModelError(
    `${path} is ${what}, which can't be read here.`,
    inputFormat
      ? `Convert it: tensorflowjs_converter --input_format=${inputFormat} --output_format=tfjs_layers_model ${basename(path)} folder.`
      : 'Give the folder of a network that saveModel or tensorflowjs_converter wrote; PyTorch has to export to Keras first.',
  );
}

/** Tells files of other programs by how they begin. */
function refuseOtherFormats(file: string, bytes: Buffer): void {
  if (bytes.subarray(0, 8).equals(Buffer.from('\x89HDF\r\n\x1a\n', 'latin1'))) {
    refuseFormat(file, "Keras's .h5", 'keras');
  }
  if (bytes.subarray(0, 4).toString('latin1') === 'PK\x03\x04') {
    const isKeras = bytes.includes('metadata.json') && bytes.includes('config.json');
    if (isKeras) refuseFormat(file, "Keras's .keras", 'keras_keras');
    refuseFormat(file, bytes.includes('data.pkl') ? "PyTorch's" : 'a zip archive');
  }
  if (/\.safetensors$/i.test(file))
    refuseFormat(file, 'a file of safetensors, which has weights and no network');
  if (/\.onnx$/i.test(file)) refuseFormat(file, "ONNX's");
  if (/\.tflite$/i.test(file)) refuseFormat(file, "TensorFlow Lite's");
  if (/\.(pth?|pkl)$/i.test(file)) refuseFormat(file, "Python's pickle");
}

async function readModelJson(file: string): Promise<ModelJson> {
  const bytes = await readRegularFile(file).catch((cause) => {
    throw new ModelError(
      `${dirname(file)} is a folder without a model.json that can be read.`,
      'Give the folder that saveModel wrote.',
      { cause },
    );
  });
  refuseOtherFormats(file, bytes);
  let json: Partial<ModelJson> | null;
  try {
    json = JSON.parse(bytes.toString());
  } catch (cause) {
    throw new ModelError(`${file} isn't JSON: ${(cause as Error).message}.`, SAVE_AGAIN, { cause });
  }
  if (json?.modelTopology === undefined || !Array.isArray(json.weightsManifest)) {
    throw new ModelError(
      `${file} isn't a saved network: it has no modelTopology and weightsManifest.`,
      'Give the model.json that saveModel wrote.',
    );
  }
  if (json.format === 'graph-model') {
    throw new ModelError(
      `${file} is a graph model, whose layers can't be trained or shown.`,
      'Convert the network to the layers format: tensorflowjs_converter --output_format=tfjs_layers_model.',
    );
  }
  if (!isNetworkInfo(json.userDefinedMetadata ?? {})) {
    throw new ModelError(
      `${file} says of its network what can't be: architecture, classNames or normalization is of another kind.`,
      'Give userDefinedMetadata as setNetworkInfo writes it, or without these.',
    );
  }
  return json as ModelJson;
}
