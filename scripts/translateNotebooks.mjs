/** `npm run notebooks:zh`: takes code and outputs of the notebooks over into their Chinese translations, in notebooks/zh. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { notebookText } from './jupyter/normalForm.mjs';
import { translationOf } from './jupyter/translation.mjs';
import { main } from './main.mjs';
import { readJson, writeText } from './setup/files.mjs';
import { packageRoot } from './setup/project.mjs';

await main(async () => {
  const folder = join(packageRoot, 'notebooks');
  let isWhole = true;
  for (const name of readdirSync(folder).filter((name) => /^\d.*\.ipynb$/.test(name))) {
    const path = join(folder, 'zh', name);
    const { notebook, missing } = translationOf(
      readJson(join(folder, name)),
      readJson(path) ?? { cells: [] },
    );
    writeText(path, notebookText(notebook));
    if (missing.length === 0) continue;
    isWhole = false;
    console.error(`${name}: not translated yet: ${missing.join(', ')}`);
  }
  return isWhole ? 0 : 1;
});
