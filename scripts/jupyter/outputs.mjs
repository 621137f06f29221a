/** The outputs of a run, taken into the notebook that was run. */
import { createHash } from 'node:crypto';
import { normalForm, textOf } from './normalForm.mjs';

/** @typedef {import('./normalForm.mjs').Notebook} Notebook */

/**
 * A name for a notebook's code: outputs belong to the code that they came from.
 *
 * @param {Notebook} notebook
 */
export function codeHash({ cells }) {
  const code = cells.filter(({ cell_type }) => cell_type === 'code').map(({ source }) => textOf(source));
  return createHash('sha256').update(JSON.stringify(code)).digest('hex');
}

/**
 * The notebook with the outputs of its executed copy, and the name of the code that they came from.
 *
 * @param {Notebook} notebook
 * @param {Notebook} executed
 * @returns {Notebook} in its normal form
 * @throws when the copy is of other code
 */
export function withOutputs(notebook, executed) {
  const outputs_of = codeHash(notebook);
  if (outputs_of !== codeHash(executed)) throw new Error('its code was changed since it was executed');
  const outputs = executed.cells.filter(({ cell_type }) => cell_type === 'code').map((cell) => cell.outputs);
  const cells = notebook.cells.map((cell) =>
    cell.cell_type === 'code' ? { ...cell, outputs: outputs.shift() } : cell,
  );
  return normalForm({ ...notebook, cells, metadata: { ...notebook.metadata, outputs_of } });
}
