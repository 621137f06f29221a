/** `npm run outputs`: takes the outputs of the last `npm start` into the notebooks, to be committed. */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { notebookText } from './jupyter/normalForm.mjs';
import { withOutputs } from './jupyter/outputs.mjs';
import { executedFolder } from './jupyter/runNotebook.mjs';
import { main } from './main.mjs';
import { SetupError } from './setup/errors.mjs';
import { readJson, writeText } from './setup/files.mjs';
import { packageRoot, projectAt } from './setup/project.mjs';

await main(async () => {
  const executed = process.argv[2] ?? executedFolder(projectAt(packageRoot));
  const names = existsSync(executed) ? readdirSync(executed).filter((name) => name.endsWith('.ipynb')) : [];
  if (names.length === 0) {
    throw new SetupError(`There are no executed notebooks in ${executed}.`, 'Run `npm start` first.');
  }
  // Executed copies lie side by side, also those of the folders in notebooks.
  const notebooks = readdirSync(join(packageRoot, 'notebooks'), { recursive: true, encoding: 'utf8' });
  for (const name of names) {
    const path = join(packageRoot, 'notebooks', notebooks.find((known) => basename(known) === name) ?? name);
    try {
      writeText(path, notebookText(withOutputs(readJson(path), readJson(join(executed, name)))));
      console.log(`${name}: outputs taken`);
    } catch (error) {
      throw new SetupError(
        `${name}: ${/** @type {Error} */ (error).message}.`,
        'Run `npm start` again, then `npm run outputs`.',
        { cause: error },
      );
    }
  }
  return 0;
});
