/** `npm run notebooks:normal`: takes the noise out of the notebooks, after work in JupyterLab, and keeps their outputs. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { normalForm, notebookText } from './jupyter/normalForm.mjs';
import { main } from './main.mjs';
import { writeText } from './setup/files.mjs';
import { packageRoot } from './setup/project.mjs';

await main(async () => {
  const folder = join(packageRoot, 'notebooks');
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.ipynb'))) {
    const path = join(folder, name);
    const text = readFileSync(path, 'utf8');
    const normal = notebookText(normalForm(JSON.parse(text)));
    if (normal === text) continue;
    writeText(path, normal);
    console.log(`${name}: written in normal form`);
  }
  return 0;
});
