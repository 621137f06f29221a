/** `resnet-notebooks export`: writes a saved network in another program's format. */
import { basename, resolve } from 'node:path';
import { SetupError, UsageError } from '../setup/errors.mjs';
import { library } from './library.mjs';

/** @typedef {import('../../lib/models/formats/stateDict.ts').StateDictOptions} StateDictOptions */

/** The formats, with what their files, or folders, end in. */
export const FORMATS = {
  onnx: '.onnx',
  safetensors: '.safetensors',
  keras: '.keras',
  'saved-model': '.saved_model',
};

/**
 * @typedef {object} Export
 * @property {string} folder of the network, as `saveModel` wrote it
 * @property {keyof typeof FORMATS} format
 * @property {string} [names]
 * @property {string} file
 */

/**
 * What is to be written where, of the command's arguments.
 *
 * @param {string[]} folders
 * @param {{ to?: string, names?: string, output?: string }} options
 * @returns {Export}
 * @throws {UsageError}
 */
export function planExport(folders, { to = '', names, output }) {
  if (folders.length !== 1) {
    throw new UsageError(
      `export: ${folders.length} folders are named.`,
      'Name one that has a network: `resnet-notebooks export data/models --to onnx`.',
    );
  }
  if (!Object.hasOwn(FORMATS, to)) {
    throw new UsageError(
      `export: --to is ${to ? `"${to}"` : 'missing'}.`,
      `Give one of: ${Object.keys(FORMATS).join(', ')}.`,
    );
  }
  if (names !== undefined && to !== 'safetensors') {
    throw new UsageError(`export: ${to} has no --names.`, 'Leave it out: they are for safetensors.');
  }
  const format = /** @type {keyof typeof FORMATS} */ (to);
  const [folder] = folders;
  return { folder, format, names, file: resolve(output ?? basename(resolve(folder)) + FORMATS[format]) };
}

/**
 * Writes a network; the library has to be compiled.
 *
 * @param {Export} plan
 */
export async function exportNetwork({ folder, format, names, file }) {
  const lib = library();
  try {
    const net = await lib.loadModel(folder);
    if (format === 'onnx') await lib.saveOnnx(net, file);
    else if (format === 'keras') await lib.saveKeras(net, file);
    else if (format === 'saved-model') await lib.saveSavedModel(net, file);
    // Which names there are, it says itself.
    else await lib.saveStateDict(net, file, /** @type {StateDictOptions} */ ({ names }));
  } catch (error) {
    if (!(error instanceof lib.ResNetError)) throw error;
    const { problem, fix } = /** @type {import('../../lib/errors.js').ResNetError} */ (error);
    throw new SetupError(problem, fix, { cause: error });
  }
}
