/** Re-executes notebooks one after the other. */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join, relative, resolve, sep } from 'node:path';
import { SetupError, UsageError } from '../setup/errors.mjs';
import { readJson } from '../setup/files.mjs';
import { executedFolder, runNotebook } from './runNotebook.mjs';

/**
 * The notebooks that a command names, else the project's numbered ones in their order, without those whose metadata say that they are long.
 *
 * @param {import('../setup/project.mjs').Project} project
 * @param {string[]} named paths, with or without `.ipynb`
 * @returns {string[]} absolute paths, each once
 */
export function findNotebooks(project, named) {
  if (named.length === 0) return numberedNotebooks(project);
  const isFile = (/** @type {string} */ path) => statSync(path, { throwIfNoEntry: false })?.isFile();
  const found = named.map((name) => {
    const paths = [resolve(name), `${resolve(name)}.ipynb`];
    const path = paths.find(isFile) ?? paths.find(existsSync);
    if (path === undefined) throw new UsageError(`There is no notebook ${resolve(name)}.`, 'Check its path.');
    return path;
  });
  return [...new Set(found)];
}

/** @param {import('../setup/project.mjs').Project} project */
function numberedNotebooks({ root }) {
  const folder = join(root, 'notebooks');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d.*\.ipynb$/.test(name)) : [];
  if (names.length === 0) {
    throw new SetupError(
      `There are no numbered notebooks in ${folder}.`,
      'Name the notebooks to run: `npx resnet-notebooks run my.ipynb`.',
    );
  }
  const paths = names.sort().map((name) => join(folder, name));
  // As a check that all runs, a long one is as short as the others.
  const isShort = (/** @type {string} */ path) =>
    process.env.PROFILE === 'smoke' || readJson(path)?.metadata?.long !== true;
  for (const path of paths.filter((path) => !isShort(path))) {
    const name = basename(path, '.ipynb');
    console.log(`${name}: left out, it trains for long. npx resnet-notebooks run notebooks/${name}`);
  }
  return paths.filter(isShort);
}

/**
 * Runs notebooks. One that fails doesn't keep the others from running.
 *
 * @param {import('../setup/project.mjs').Project} project
 * @param {string[]} notebooks
 * @returns {Promise<boolean>} whether all passed
 */
export async function runNotebooks(project, notebooks) {
  const executed = executedFolder(project);
  // Only what this run makes shall lie there.
  rmSync(executed, { recursive: true, force: true });
  mkdirSync(executed, { recursive: true });
  const copies = copyNames(notebooks);
  let passed = 0;
  for (const [i, notebook] of notebooks.entries()) {
    if (await runNotebook(project, notebook, join(executed, copies[i]))) passed += 1;
  }
  console.log(`\n${passed} of ${notebooks.length} notebooks passed. The executed copies: ${executed}`);
  return passed === notebooks.length;
}

/**
 * A name for the executed copy of each notebook: its own, below its folder where another notebook has the same.
 *
 * @param {string[]} notebooks absolute paths
 */
export function copyNames(notebooks) {
  // Without regard to case, as some file systems have it.
  const key = (/** @type {string} */ path) => basename(path).toLowerCase();
  return notebooks.map((path) => {
    const alike = notebooks.filter((other) => key(other) === key(path));
    if (alike.length === 1) return basename(path);
    return relative(commonFolder(alike), path);
  });
}

/**
 * The lowest folder that all paths lie in.
 *
 * @param {string[]} paths
 */
function commonFolder(paths) {
  const [first, ...others] = paths.map((path) => path.split(sep));
  const differs = first.findIndex(
    (part, i) => i === first.length - 1 || others.some((other) => other[i] !== part),
  );
  return first.slice(0, differs).join(sep) || sep;
}
