/** A notebook in another language: its text cells are translated, everything else is the original's. */
import { normalForm, textOf } from './normalForm.mjs';
import { codeHash } from './outputs.mjs';

/** @typedef {import('./normalForm.mjs').Notebook} Notebook */

/**
 * The code of a notebook, as it is a folder further down.
 *
 * @param {string} code
 */
const fromBelow = (code) => code.replace(/(['"`])\.\.\//g, '$1../../');

/**
 * Takes code and outputs over from the original, and leaves the text cells, which are known by their ids.
 *
 * @param {Notebook} original
 * @param {Notebook} translation the one before, or its text cells alone
 * @returns {{ notebook: Notebook, missing: string[] }} the ids of text cells that aren't translated, which stay as they are
 */
export function translationOf(original, translation) {
  const texts = new Map(translation.cells.map(({ id, source }) => [id, textOf(source)]));
  /** @type {string[]} */
  const missing = [];
  const cells = original.cells.map((cell) => {
    if (cell.cell_type === 'code') return { ...cell, source: fromBelow(textOf(cell.source)) };
    const text = texts.get(cell.id) ?? textOf(cell.source);
    if (text === textOf(cell.source)) missing.push(String(cell.id));
    return { ...cell, source: text };
  });
  const notebook = normalForm({ ...original, cells });
  const { outputs_of } = original.metadata;
  // Its outputs are those of its code where the original's are.
  if (outputs_of === codeHash(original)) notebook.metadata.outputs_of = codeHash(notebook);
  return { notebook, missing };
}
