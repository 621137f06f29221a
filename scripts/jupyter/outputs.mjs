/** Notebooks as they are committed: the outputs of a run, and nothing that differs from one run to the next without reason. */
import { createHash } from 'node:crypto';

/**
 * @typedef {{ cell_type: string; id: string; source: string | string[]; metadata: object; outputs?: object[];
 *   execution_count?: number | null }} Cell
 * @typedef {{ cells: Cell[]; metadata: Record<string, unknown>; nbformat: number; nbformat_minor: number }} Notebook
 */

/** @param {{ source: string | string[] }} cell */
const sourceOf = ({ source }) => (Array.isArray(source) ? source.join('') : source);

/**
 * A name for a notebook's code: outputs belong to the code that they came from.
 *
 * @param {Notebook} notebook
 */
export function codeHash({ cells }) {
  const code = cells.filter(({ cell_type }) => cell_type === 'code').map(sourceOf);
  return createHash('sha256').update(JSON.stringify(code)).digest('hex');
}

/**
 * The notebook with the outputs of its executed copy.
 *
 * @param {Notebook} notebook
 * @param {Notebook} executed
 * @returns {Notebook}
 * @throws when the copy is of other code
 */
export function withOutputs(notebook, executed) {
  const hash = codeHash(notebook);
  if (hash !== codeHash(executed)) throw new Error('its code was changed since it was executed');
  const outputs = executed.cells.filter(({ cell_type }) => cell_type === 'code').map((cell) => cell.outputs);
  let count = 0;
  const cells = notebook.cells.map((cell) => {
    const { cell_type, id } = cell;
    const common = { cell_type, id, metadata: {}, source: lines(sourceOf(cell)) };
    if (cell_type !== 'code') return common;
    return { ...common, execution_count: count + 1, outputs: joined(outputs[count++]) };
  });
  const metadata = {
    kernelspec: { display_name: 'TypeScript (tslab)', language: 'typescript', name: 'tslab' },
    language_info: { file_extension: '.ts', mimetype: 'text/typescript', name: 'typescript' },
    outputs_of: hash,
  };
  return { cells, metadata, nbformat: 4, nbformat_minor: 5 };
}

/**
 * Outputs with the lines that follow each other on one stream in one output; the kernel makes one of each `console.log`.
 *
 * @param {any[]} outputs
 */
function joined(outputs = []) {
  /** @type {any[]} */
  const result = [];
  for (const output of outputs) {
    const last = result[result.length - 1];
    if (output.output_type !== 'stream') result.push(output);
    else if (last?.output_type === 'stream' && last.name === output.name)
      last.text.push(...lines(sourceOf({ source: output.text })));
    else result.push({ ...output, text: lines(sourceOf({ source: output.text })) });
  }
  return result;
}

/** @param {string} text */
const lines = (text) => text.split(/(?<=\n)/);

/**
 * The file's text, written as Jupyter writes it.
 *
 * @param {Notebook} notebook
 */
export function notebookText(notebook) {
  return `${JSON.stringify(sorted(notebook), null, 1)}\n`;
}

/**
 * Jupyter sorts the keys of all objects.
 *
 * @param {any} value
 * @returns {any}
 */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}
