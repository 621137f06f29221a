/** `npm start`: sets up what is missing, re-executes all notebooks, and says what they reached. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { findNotebooks, runNotebooks } from './jupyter/runNotebooks.mjs';
import { main } from './main.mjs';
import { setUp } from './setup/index.mjs';
import { packageRoot, projectAt } from './setup/project.mjs';
import { formatSeconds } from './terminal.mjs';

await main(async () => {
  const began = Date.now();
  const project = projectAt(packageRoot);
  await setUp(project);
  const passed = await runNotebooks(project, findNotebooks(project, []));
  const reached = await reachedSince(began, join(project.data, 'models'));
  console.log(`\nReached in ${formatSeconds((Date.now() - began) / 1000)}:`);
  console.log(reached.length > 0 ? reached.join('\n') : '  no network was trained');
  console.log(`
Where to look next:
  npm run lab          the notebooks in JupyterLab, to run and change
  notebooks/           the same, with their outputs, to read
  README.md            how to use the library in notebooks of your own`);
  return passed ? 0 : 1;
});

/**
 * A line for each network that was trained since; training leaves a history.json beside it.
 *
 * @param {number} since ms
 * @param {string} models
 */
async function reachedSince(since, models) {
  const { readHistory } = /** @type {import('../lib/training/historyFile.js')} */ (
    createRequire(import.meta.url)(join(packageRoot, 'lib', 'dist', 'training', 'historyFile.js'))
  );
  const lines = [];
  for (const name of existsSync(models) ? readdirSync(models) : []) {
    const folder = join(models, name);
    const file = join(folder, 'history.json');
    if (!existsSync(file) || statSync(file).mtimeMs < since) continue;
    const { network, epochs, testAccuracy, seconds, records } = await readHistory(folder);
    const set = records.at(-1)?.testedOn ?? 'test';
    const accuracy = `${(100 * testAccuracy).toFixed(2)} % ${set} accuracy`;
    lines.push(
      `  ${network}: ${accuracy} after ${epochs} epochs in ${formatSeconds(seconds)} (data/models/${name})`,
    );
  }
  return lines;
}
