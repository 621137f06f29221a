/** `resnet-notebooks train`: a training run that a file describes. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SetupError, UsageError } from '../setup/errors.mjs';
import { packageFolder } from '../setup/project.mjs';
import { library, rounded } from './library.mjs';

/** @typedef {import('../../lib/notebook/trainRun.ts').RunConfig} RunConfig */

/**
 * @typedef {object} Plan
 * @property {string} file that describes the run
 * @property {string} [save]
 * @property {boolean} json
 */

/** What a shell gives a program that Ctrl-C ended. */
const INTERRUPTED = 130;

/**
 * @param {{ config?: string, save?: string, json?: boolean }} options
 * @returns {Plan}
 * @throws {UsageError}
 */
export function planTrain({ config, save, json = false }) {
  if (config === undefined) {
    throw new UsageError('train: --config is missing.', 'Name a file: train --config run.json');
  }
  if (!['.json', '.ts', '.mjs', '.cjs', '.js'].includes(extname(config))) {
    throw new UsageError(`train: --config is "${config}".`, 'Name a .json, .ts or .js file.');
  }
  if (!existsSync(config)) {
    throw new UsageError(
      `train: There is no file ${config}.`,
      '`resnet-notebooks init` writes one, run.json.',
    );
  }
  return { file: resolve(config), save, json };
}

/**
 * Trains, going on where an earlier run of the same folder was ended.
 *
 * @param {Plan} plan
 * @returns {Promise<number>} the exit code
 */
export async function trainConfigured({ file, save, json }) {
  const { trainRun } = library();
  const config = await readConfig(file);
  const savePath = save ?? config.savePath ?? join('data', 'models', basename(file, extname(file)));
  const tell = (/** @type {object} */ event) => console.log(JSON.stringify(event));
  const {
    evaluation,
    history,
    savePath: folder,
  } = await trainRun(
    { ...config, savePath },
    json ? (event) => event.kind !== 'batch' && tell(event) : undefined,
  );
  const epochs = history.epochs.length;
  if (json) {
    const test = evaluation && { accuracy: rounded(evaluation.accuracy), loss: rounded(evaluation.loss) };
    tell({ kind: 'end', savePath: folder, epochs, test });
  } else if (evaluation) {
    console.log(`Saved in ${folder}. On the test images:`);
    console.log(evaluation);
  } else
    console.log(
      `Stopped after ${epochs} epochs, and saved in ${folder}. The same command goes on from there.`,
    );
  return evaluation ? 0 : INTERRUPTED;
}

/**
 * @param {string} file
 * @returns {Promise<RunConfig>}
 */
async function readConfig(file) {
  try {
    if (file.endsWith('.json')) return JSON.parse(readFileSync(file, 'utf8'));
    const exported = file.endsWith('.ts') ? compiled(file) : await import(pathToFileURL(file).href);
    // A CommonJS module that was compiled of one with `export default` has it twice.
    const config = exported.default?.default ?? exported.default;
    if (typeof config !== 'object') throw new Error('it has no `export default` of an object');
    return config;
  } catch (error) {
    throw new SetupError(
      `${basename(file)} can't be read: ${/** @type {Error} */ (error).message.split('\n')[0]}.`,
      'Correct it. `resnet-notebooks help train` shows one.',
      { cause: error },
    );
  }
}

/**
 * What a TypeScript file exports, by the compiler that the notebooks' kernel brings. Types aren't checked.
 *
 * @param {string} file
 */
function compiled(file) {
  const { ModuleKind, ScriptTarget, transpileModule } = createRequire(import.meta.url)(
    packageFolder('@tslab/typescript-for-tslab'),
  );
  const compilerOptions = { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022, esModuleInterop: true };
  const { outputText } = transpileModule(readFileSync(file, 'utf8'), { compilerOptions, fileName: file });
  const module = /** @type {any} */ (new Module(file));
  module.filename = file;
  module.paths = /** @type {any} */ (Module)._nodeModulePaths(dirname(file));
  module._compile(outputText, file);
  return module.exports;
}
