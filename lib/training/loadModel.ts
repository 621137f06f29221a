/**
 * A network from files.
 */
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
// Loaded networks get this library's batch normalization.
import '../models/batchNormalization';
import { type TensorFlow, tf } from '../engine/tensorflow';
import { ModelError } from '../errors';
import {
  isNamedByContent,
  type ModelJson,
  type WeightSpec,
  type WeightsManifest,
  weightsFileName,
} from './modelFiles';

const SAVE_AGAIN = 'Save the network again with saveModel, or copy its folder again, whole.';

/**
 * Loads a network in TensorFlow.js's layers format, as `saveModel` and TensorFlow.js's converter write it.
 *
 * @param path the folder that holds model.json, or model.json itself
 * @throws ModelError where nothing is there, where a file is missing, cut off or no such model, and where weights don't fit
 */
export async function loadModel(path: string): Promise<TensorFlow.LayersModel> {
  const file = await modelFile(path);
  const json = await readModelJson(file);
  try {
    const artifacts = await tf.io.getModelArtifactsForJSON(json, (manifest) => readWeights(manifest, file));
    return await tf.loadLayersModel(tf.io.fromMemory(artifacts));
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError(
      `The network and the weights in ${file} don't fit together: ${(cause as Error).message}`,
      SAVE_AGAIN,
      { cause },
    );
  }
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
  return found.isDirectory() ? join(path, 'model.json') : path;
}

async function readModelJson(file: string): Promise<ModelJson> {
  const text = await readFile(file, 'utf8').catch((cause) => {
    throw new ModelError(
      `${dirname(file)} is a folder without a model.json that can be read.`,
      'Give the folder that saveModel wrote.',
      { cause },
    );
  });
  let json: Partial<ModelJson> | null;
  try {
    json = JSON.parse(text);
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
  return json as ModelJson;
}

async function readWeights(manifest: WeightsManifest, file: string): Promise<[WeightSpec[], ArrayBuffer]> {
  const specs = manifest.flatMap((group) => group.weights);
  const paths = manifest.flatMap((group) => group.paths).map((name) => join(dirname(file), name));
  const parts = await Promise.all(paths.map(readWeightsFile));
  const data = tf.io.CompositeArrayBuffer.join(parts);
  const expected = specs.reduce((total, spec) => total + byteLength(spec), 0);
  if (data.byteLength !== expected) {
    throw new ModelError(
      `${paths.join(', ')} has ${data.byteLength} bytes, ${file} describes ${expected}.`,
      SAVE_AGAIN,
    );
  }
  paths.forEach((path, i) => {
    if (isNamedByContent(path) && basename(path) !== weightsFileName(new Uint8Array(parts[i]))) {
      throw new ModelError(`${path} was altered since it was saved.`, SAVE_AGAIN);
    }
  });
  return [specs, data];
}

async function readWeightsFile(path: string): Promise<ArrayBuffer> {
  const bytes = await readFile(path).catch((cause) => {
    throw new ModelError(`The weights ${path} can't be read: ${cause.message}.`, SAVE_AGAIN, { cause });
  });
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
}

/** Bytes that one weight has in its file. */
function byteLength({ shape, dtype, quantization }: WeightSpec): number {
  const stored: string = quantization?.dtype ?? dtype;
  const bytes: Record<string, number> = { float32: 4, int32: 4, float16: 2, uint16: 2, uint8: 1, bool: 1 };
  return tf.util.sizeFromShape(shape) * bytes[stored];
}
