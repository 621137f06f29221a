/** The notebooks as the package has them, from where `resnet-notebooks init` copies them: they import the library by name. */
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { notebookText } from '../../jupyter/normalForm.mjs';
import { projectNotebook } from '../../jupyter/projectNotebook.mjs';
import { hashFiles, readJson, readText, writeText } from '../files.mjs';
import { packageRoot } from '../project.mjs';

/** The languages, and where in the repository their notebooks are. */
export const LANGUAGES = { en: 'notebooks', zh: join('notebooks', 'zh') };

const folder = join(packageRoot, 'lib', 'dist', 'notebooks');
const stampFile = join(folder, '.sources');

/**
 * Where the package has its notebooks in a language.
 *
 * @param {string} language
 */
export const shippedNotebooks = (language) => join(folder, language);

/** The notebooks in the repository. */
const sources = () =>
  Object.entries(LANGUAGES).flatMap(([language, from]) =>
    readdirSync(join(packageRoot, from))
      .filter((name) => /^\d.*\.ipynb$/.test(name))
      .map((name) => ({ language, name, path: join(from, name) })),
  );

const sourceHash = () =>
  hashFiles(
    packageRoot,
    sources().map(({ path }) => path),
  );

/** @type {import('../step.mjs').Step} */
export const notebooks = {
  name: 'Notebooks',
  needs: [],
  fix: 'Correct the notebook that is named, then give the same command again.',
  describe: () => 'copies for projects that install the package',

  isDone: () => existsSync(stampFile) && readText(stampFile) === sourceHash(),

  async run() {
    rmSync(folder, { recursive: true, force: true });
    for (const { language, name, path } of sources()) {
      const notebook = projectNotebook(readJson(join(packageRoot, path)));
      writeText(join(shippedNotebooks(language), name), notebookText(notebook));
    }
    writeText(stampFile, sourceHash());
    return 'copied';
  },
};
