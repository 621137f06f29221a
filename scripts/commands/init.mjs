/** `resnet-notebooks init`: brings the notebooks into a project that installed the package, and an example of a training run. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { UsageError } from '../setup/errors.mjs';
import { writeText } from '../setup/files.mjs';
import { LANGUAGES, shippedNotebooks } from '../setup/steps/notebooks.mjs';

/** A training run of a minute or two. */
const EXAMPLE = { profile: 'quick', epochs: 3, savePath: 'data/models/run' };

/**
 * @param {{ language?: string }} options
 * @returns {keyof typeof LANGUAGES}
 * @throws {UsageError}
 */
export function planInit({ language = 'en' }) {
  if (Object.hasOwn(LANGUAGES, language)) return /** @type {keyof typeof LANGUAGES} */ (language);
  throw new UsageError(
    `init: --language is "${language}".`,
    `Give one of: ${Object.keys(LANGUAGES).join(', ')}.`,
  );
}

/**
 * Copies what isn't there yet; what is there is left alone.
 *
 * @param {import('../setup/project.mjs').Project} project
 * @param {keyof typeof LANGUAGES} language
 */
export function initProject({ root, isCheckout }, language) {
  if (isCheckout) {
    throw new UsageError('init: This is the project itself.', 'Its notebooks are there: `npm run lab`.');
  }
  const from = shippedNotebooks(language);
  const names = readdirSync(from).filter((name) => name.endsWith('.ipynb'));
  const files = names.map((name) => ({
    file: join(root, 'notebooks', name),
    text: readFileSync(join(from, name), 'utf8'),
  }));
  files.push({ file: join(root, 'run.json'), text: `${JSON.stringify(EXAMPLE, null, 2)}\n` });
  const isThere = files.filter(({ file }) => existsSync(file));
  for (const { file, text } of files) {
    if (!existsSync(file)) writeText(file, text);
  }
  for (const { file } of isThere)
    console.log(`${relative(root, file)} is there already, and stays as it is.`);
  console.log(`${files.length - isThere.length} files written: notebooks, and run.json for \`npx resnet-notebooks train --config run.json\`.
Next: npx resnet-notebooks lab`);
}
