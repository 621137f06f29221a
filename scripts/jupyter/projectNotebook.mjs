/** A notebook as it is in the project of somebody who installed the package: it imports the library by name, and has no outputs yet. */
import { normalForm, textOf } from './normalForm.mjs';

/** Where the package's own files are, seen from the project's folder of notebooks. */
const PACKAGE = '../node_modules/resnet-notebooks';

/**
 * @param {string} code
 * @returns {string}
 */
const codeOf = (code) =>
  code
    .replace(/(['"`])(?:\.\.\/)+lib(['"`])/g, '$1resnet-notebooks$2')
    .replace(/(['"`])(?:\.\.\/)+bench\//g, `$1${PACKAGE}/bench/`)
    .replace(/(['"`])(?:\.\.\/)+(?!node_modules)/g, '$1../');

/**
 * @param {string} text
 * @returns {string}
 */
const markdownOf = (text) =>
  text
    .replace(/\]\((?:\.\.\/)+(?=[a-z]+\/)/g, `](${PACKAGE}/`)
    .replace(/\]\((?:\.\.\/)?README\.md/g, `](${PACKAGE}/notebooks/README.md`);

/**
 * @param {import('./normalForm.mjs').Notebook} notebook of this repository, in any language
 * @returns {import('./normalForm.mjs').Notebook}
 */
export function projectNotebook(notebook) {
  const cells = notebook.cells.map((cell) => {
    const source = textOf(cell.source);
    return cell.cell_type === 'code'
      ? { ...cell, source: codeOf(source), outputs: [] }
      : { ...cell, source: markdownOf(source) };
  });
  return normalForm({ ...notebook, cells, metadata: { long: notebook.metadata.long } });
}
