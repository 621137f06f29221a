/** Reads a notebook that is to be run, and finds its kernel. */
import { readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { SetupError } from '../setup/errors.mjs';
import { textOf } from './normalForm.mjs';

/** The kernels that the set-up installs, by the language of a notebook. */
const KERNELS = { typescript: 'tslab', javascript: 'jslab' };

/**
 * Whether notebooks in TypeScript are to be run by Deno's kernel instead of tslab, which the environment variable KERNEL says.
 *
 * @throws {SetupError}
 */
export function usesDeno() {
  const { KERNEL = 'tslab' } = process.env;
  if (KERNEL === 'deno') return true;
  if (KERNEL === 'tslab' || KERNEL === '') return false;
  throw new SetupError(`KERNEL is ${KERNEL}.`, 'Set it to tslab or deno, or leave it unset.');
}

/**
 * @typedef {object} RunnableNotebook
 * @property {string} text the notebook, with its kernel in it
 * @property {import('./normalForm.mjs').Cell[]} cells
 * @property {boolean} hasCode whether there is a code cell that isn't empty
 * @property {string} kernel the kernel that runs it
 * @property {boolean} namesKernel whether the notebook says so itself
 */

/**
 * @param {string} path
 * @param {string} venv Python's virtual environment, whose Jupyter converts older notebooks
 * @returns {RunnableNotebook}
 * @throws {SetupError} it can't be read, isn't a notebook of format 4, or is for another kernel
 */
export function readNotebook(path, venv) {
  const notebook = parse(path, readFile(path), venv);
  const { cells, metadata } = notebook;
  const hasCode = cells.some(({ cell_type, source }) => cell_type === 'code' && textOf(source).trim() !== '');
  const named = metadata?.kernelspec?.name;
  const language = metadata?.kernelspec?.language ?? metadata?.language_info?.name ?? 'typescript';
  const kernel = named ?? KERNELS[/** @type {keyof typeof KERNELS} */ (String(language).toLowerCase())];
  if (hasCode && !Object.values(KERNELS).includes(kernel)) {
    throw new SetupError(
      named === undefined ? `It is a notebook in ${language}.` : `It is for the kernel ${named}.`,
      'Only notebooks for the kernels tslab (TypeScript) and jslab (JavaScript) can be run. JupyterLab (`resnet-notebooks lab`) changes the kernel of a notebook.',
    );
  }
  const runs = kernel === KERNELS.typescript && usesDeno() ? 'deno' : kernel;
  // Jupyter refuses a kernel without a name for people.
  const kernelspec = { display_name: kernel, ...metadata?.kernelspec, name: runs };
  const runnable = hasCode ? { ...notebook, metadata: { ...metadata, kernelspec } } : notebook;
  return { text: JSON.stringify(runnable), cells, hasCode, kernel: runs, namesKernel: named !== undefined };
}

/** @param {string} path */
function readFile(path) {
  const file = statSync(path);
  if (file.isDirectory()) {
    throw new SetupError('It is a folder.', `Name the notebooks in it: ${basename(path)}/*.ipynb`);
  }
  // A named pipe that nobody writes to would be waited for without end.
  if (!file.isFile()) throw new SetupError("It isn't an ordinary file.", 'Name a notebook.');
  try {
    // Editors on Windows may write a byte order mark.
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (cause) {
    const { message } = /** @type {Error} */ (cause);
    throw new SetupError(`It can't be read: ${message}.`, 'May you read the file? Check its permissions.', {
      cause,
    });
  }
}

/**
 * @param {string} path
 * @param {string} text
 * @param {string} venv
 * @returns {{ cells: import('./normalForm.mjs').Cell[], metadata?: Record<string, any> }}
 */
function parse(path, text, venv) {
  const notebook = parseJson(text);
  if (!Number.isInteger(notebook?.nbformat)) {
    throw new SetupError(
      "It isn't a notebook: it has no number `nbformat`.",
      'Name a file that Jupyter has saved.',
    );
  }
  if (notebook.nbformat < 4) {
    throw new SetupError(
      `It is a notebook of format ${notebook.nbformat}; Jupyter has saved format 4 since 2015.`,
      `Convert it: "${join(venv, 'bin', 'jupyter')}" nbconvert --to notebook --nbformat 4 --inplace "${path}"`,
    );
  }
  if (notebook.nbformat > 4) {
    throw new SetupError(
      `It is a notebook of format ${notebook.nbformat}; only format 4 can be run.`,
      'Save it as format 4 in the program that wrote it.',
    );
  }
  const isCell = (/** @type {any} */ cell) =>
    typeof cell?.cell_type === 'string' && ['string', 'object'].includes(typeof cell.source);
  if (!Array.isArray(notebook.cells) || !notebook.cells.every(isCell)) {
    throw new SetupError(
      "It isn't a whole notebook: `cells` isn't a list of cells with `cell_type` and `source`.",
      'Restore an earlier version of the file.',
    );
  }
  return notebook;
}

/** @param {string} text */
function parseJson(text) {
  if (text.trim() === '') {
    throw new SetupError(
      'The file is empty.',
      'Open it in JupyterLab and save it, or restore an earlier version.',
    );
  }
  if (/^<{7} /m.test(text)) {
    throw new SetupError('It has the marks of a merge conflict in it (<<<<<<<).', 'Resolve the conflict.');
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const { message } = /** @type {Error} */ (cause);
    throw new SetupError(
      `It isn't a notebook that can be read: its JSON is broken (${message.slice(0, 120)}).`,
      'Restore an earlier version of the file, or correct it in a text editor.',
      { cause },
    );
  }
}
