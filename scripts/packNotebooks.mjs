/** A part of `npm pack`: the notebooks for who installs the package, from where `resnet-notebooks init` copies them. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LANGUAGES, shippedNotebooks } from './commands/init.mjs';
import { notebookText } from './jupyter/normalForm.mjs';
import { projectNotebook } from './jupyter/projectNotebook.mjs';
import { main } from './main.mjs';
import { readJson, writeText } from './setup/files.mjs';
import { packageRoot } from './setup/project.mjs';

await main(async () => {
  for (const [language, folder] of Object.entries(LANGUAGES)) {
    for (const name of readdirSync(join(packageRoot, folder)).filter((name) => /^\d.*\.ipynb$/.test(name))) {
      const notebook = projectNotebook(readJson(join(packageRoot, folder, name)));
      writeText(join(shippedNotebooks(language), name), notebookText(notebook));
    }
  }
  return 0;
});
