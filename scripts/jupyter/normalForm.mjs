/** Notebooks as they are committed: nothing in the file differs from one save to the next without reason. */

/**
 * @typedef {{ cell_type: string; id?: string; source: string | string[]; metadata: object; attachments?: object;
 *   outputs?: any[]; execution_count?: number | null }} Cell
 * @typedef {{ cells: Cell[]; metadata: Record<string, unknown>; nbformat: number; nbformat_minor: number }} Notebook
 */

/**
 * The notebook without noise: code cells counted from 1, the cells' settings gone, a speaking id for each cell, and of
 * the notebook's settings the kernel, what its outputs came from, and whether it runs for long.
 *
 * @param {Notebook} notebook
 * @returns {Notebook}
 */
export function normalForm({ cells, metadata: { outputs_of, long } }) {
  const ids = speakingIds(cells);
  let count = 0;
  return {
    cells: cells.map((cell, i) => {
      const { cell_type, attachments } = cell;
      const common = { cell_type, id: ids[i], metadata: {}, source: lines(textOf(cell.source)) };
      if (cell_type === 'code') {
        count += 1;
        return { ...common, execution_count: count, outputs: normalOutputs(cell.outputs, count) };
      }
      return attachments === undefined ? common : { ...common, attachments };
    }),
    metadata: {
      kernelspec: { display_name: 'TypeScript (tslab)', language: 'typescript', name: 'tslab' },
      language_info: { file_extension: '.ts', mimetype: 'text/typescript', name: 'typescript' },
      ...(outputs_of === undefined ? {} : { outputs_of }),
      ...(long === undefined ? {} : { long }),
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
}

/** What Jupyter calls a new cell: eight hexadecimal digits, or a UUID. */
const RANDOM = /^[0-9a-f]{8}(-[0-9a-f]{4}){0,3}(-[0-9a-f]{12})?$/;

/**
 * An id for each cell: its own, or, for one that is random, taken or missing, its kind and its first words.
 *
 * @param {Cell[]} cells
 */
function speakingIds(cells) {
  /** @type {Set<string>} */
  const taken = new Set();
  return cells.map(({ id, cell_type, source }) => {
    let own = id;
    if (own === undefined || RANDOM.test(own) || taken.has(own)) {
      const words =
        textOf(source)
          .toLowerCase()
          .match(/[a-z0-9]+/g) ?? [];
      const name = [cell_type, ...words.slice(0, 5)].join('-').slice(0, 56);
      own = name;
      for (let n = 2; taken.has(own); n++) own = `${name}-${n}`;
    }
    taken.add(own);
    return own;
  });
}

/**
 * Outputs with the lines that follow each other on one stream in one output; the kernel makes one of each `console.log`.
 *
 * @param {any[]} outputs
 * @param {number} count
 */
function normalOutputs(outputs = [], count) {
  /** @type {any[]} */
  const result = [];
  for (const output of outputs) {
    const last = result[result.length - 1];
    if (output.output_type === 'execute_result') result.push({ ...output, execution_count: count });
    else if (output.output_type !== 'stream') result.push(output);
    else if (last?.output_type === 'stream' && last.name === output.name)
      last.text.push(...lines(textOf(output.text)));
    else result.push({ ...output, text: lines(textOf(output.text)) });
  }
  return result;
}

/** @param {string | string[]} text */
export const textOf = (text) => (Array.isArray(text) ? text.join('') : text);

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
