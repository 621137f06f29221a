/**
 * A network from files.
 */
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type TensorFlow, tf } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';
import { isNetworkInfo } from '../models/networkInfo';
import type { ModelJson } from './modelFiles';
import { canBeBuilt } from './modelTopology';
import { readWeights, SAVE_AGAIN } from './modelWeights';
import { readOrdinary } from './savedFiles';

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
  return found.isDirectory() ? join(path, 'model.json') : path;
}

async function readModelJson(file: string): Promise<ModelJson> {
  const bytes = await readOrdinary(file).catch((cause) => {
    throw new ModelError(
      `${dirname(file)} is a folder without a model.json that can be read.`,
      'Give the folder that saveModel wrote.',
      { cause },
    );
  });
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
