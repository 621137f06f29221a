/** Re-executes notebooks one after the other. */
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { SetupError } from '../setup/errors.mjs';
import { executedFolder, runNotebook } from './runNotebook.mjs';

/**
 * The project's numbered notebooks, in their order.
 *
 * @param {import('../setup/project.mjs').Project} project
 */
function numberedNotebooks({ root }) {
  const folder = join(root, 'notebooks');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d.*\.ipynb$/.test(name)) : [];
  if (names.length === 0) {
    throw new SetupError(
      `There are no numbered notebooks in ${folder}.`,
      'Name the notebooks to run: `npx resnet-notebooks run my.ipynb`.',
    );
  }
  return names.sort().map((name) => join(folder, name));
}

/**
 * Runs the notebooks that are named, else all numbered ones. One that fails doesn't keep the others from running.
 *
 * @param {import('../setup/project.mjs').Project} project
 * @param {string[]} named paths
 * @returns {Promise<boolean>} whether all passed
 */
export async function runNotebooks(project, named) {
  const notebooks = named.length > 0 ? named.map((path) => resolve(path)) : numberedNotebooks(project);
  for (const notebook of notebooks) {
    if (!existsSync(notebook)) throw new SetupError(`There is no notebook ${notebook}.`, 'Check its path.');
  }
  const executed = executedFolder(project);
  // Only what this run makes shall lie there.
  rmSync(executed, { recursive: true, force: true });
  mkdirSync(executed, { recursive: true });
  let passed = 0;
  for (const notebook of notebooks) {
    if (await runNotebook(project, notebook, executed)) passed += 1;
  }
  console.log(`\n${passed} of ${notebooks.length} notebooks passed. The executed copies: ${executed}`);
  return passed === notebooks.length;
}
