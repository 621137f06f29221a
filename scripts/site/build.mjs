/** Builds the site: the reference, then a page for the start page, each notebook, and whatever they link to. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { SetupError } from '../setup/errors.mjs';
import { packageRoot } from '../setup/project.mjs';
import { addressOf, CLASSIFY, GUIDE, isPage, relativeAddress, START } from './addresses.mjs';
import { writeAssets } from './assets.mjs';
import { CARD, classifyHtml, writeClassifyScripts } from './classify/index.mjs';
import { readDocument } from './documents.mjs';
import { counterpartOf, WORDS } from './languages.mjs';
import { pageHtml } from './page.mjs';
import { writeReference } from './reference.mjs';

/**
 * @param {string} folder where the site goes; what an earlier run left there is removed
 * @returns {Promise<string[]>} the pages' addresses in it, those of the reference left out
 * @throws {SetupError} when the folder holds something else, or when a document links to what is no file
 */
export async function buildSite(folder) {
  empty(folder);
  // First, so that a folder in which this was interrupted is known as a site.
  writeAssets(join(folder, 'assets'));
  await writeClassifyScripts(join(folder, 'assets'));
  const reference = await writeReference(join(folder, 'api'));

  const notebooks = ['notebooks', 'notebooks/zh'].flatMap((folder) =>
    readdirSync(join(packageRoot, folder))
      .filter((name) => name.endsWith('.ipynb'))
      .sort()
      .map((name) => readDocument(`${folder}/${name}`, reference)),
  );
  /** @type {Map<string, import('./documents.mjs').Document>} */
  const documents = new Map(
    [...notebooks, classifyDocument('en'), classifyDocument('zh')].map((document) => [
      document.path,
      document,
    ]),
  );

  // A set that grows while it is walked: every page adds what it links to.
  const found = new Set([START, counterpartOf(START), GUIDE, ...documents.keys()]);
  for (const path of found) {
    const file = join(folder, addressOf(path));
    if (!isPage(path)) {
      write(file, readFileSync(join(packageRoot, path)));
      continue;
    }
    const document = documents.get(path) ?? readDocument(path, reference);
    documents.set(path, document);
    for (const link of document.links) {
      if (!statSync(join(packageRoot, link), { throwIfNoEntry: false })?.isFile()) {
        throw new SetupError(`${path} links to ${link}, which is no file.`, 'Correct the link.');
      }
      found.add(link);
    }
    for (const [address, image] of document.images) write(join(folder, address), image);
  }
  for (const document of documents.values()) {
    write(join(folder, addressOf(document.path)), pageHtml(document, documents));
  }
  return [...documents.keys()].map(addressOf);
}

/**
 * @param {import('./languages.mjs').Language} language
 * @returns {import('./documents.mjs').Document}
 */
function classifyDocument(language) {
  const path = language === 'en' ? CLASSIFY : counterpartOf(CLASSIFY);
  return {
    path,
    reference: new Map(),
    html: classifyHtml(language, relativeAddress(path, addressOf(CARD))),
    headings: [{ level: 1, text: WORDS[language].tryIt, id: '' }],
    links: new Set([CARD]),
    images: new Map(),
    hasCharts: false,
    scripts: ['classify-network.js', 'classify.js'],
  };
}

/** @param {string} folder */
function empty(folder) {
  if (!existsSync(folder) || readdirSync(folder).length === 0) return;
  if (!existsSync(join(folder, 'assets', 'site.css'))) {
    throw new SetupError(
      `${folder} holds something that isn't a site.`,
      'Name a new folder, or an empty one.',
    );
  }
  rmSync(folder, { recursive: true });
}

/**
 * @param {string} file
 * @param {string | Buffer} content
 */
function write(file, content) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
