/** The page that classifies pictures in the browser, by the library's own functions; one in each language, and the scripts that they share. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { packageRoot } from '../../setup/project.mjs';
import { escapeHtml } from '../highlight.mjs';
import { TEXTS } from './texts.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
/** The network's model card, by its path in the project. */
export const CARD = 'data/pretrained/resnet18/README.md';
const NETWORK = join(packageRoot, dirname(CARD));
const PICTURES = join(packageRoot, 'data', 'pictures');
const EXAMPLES = ['airplane.png', 'automobile.jpg', 'deer.jpg', 'frog.gif', 'horse.jpg', 'ship.jpg'];

/** What is another file in a browser: parts of the library, and of Node. */
const IN_BROWSER = {
  'lib/engine/runtime/tensorflow': 'tensorflow.ts',
  'lib/engine/runtime/values': 'tensorflow.ts',
  'node:util': 'node.ts',
  'node:url': 'node.ts',
};

/** @type {import('esbuild').Plugin} */
const inBrowser = {
  name: 'in the browser',
  setup({ onResolve }) {
    onResolve({ filter: /^node:|\/runtime\/(tensorflow|values)$/ }, ({ path, resolveDir }) => {
      const whole = path.startsWith('.') ? join(resolveDir, path) : path;
      const found = Object.entries(IN_BROWSER).find(([ending]) => whole.endsWith(ending));
      return found && { path: join(HERE, found[1]) };
    });
  },
};

/**
 * Writes the page's scripts: TensorFlow.js with the library's functions, and the network. A page that was opened from a disk can't fetch
 * files, so both are scripts.
 *
 * @param {string} folder
 */
export async function writeClassifyScripts(folder) {
  const weights = readdirSync(NETWORK).find((name) => name.endsWith('.bin'));
  /** @type {import('esbuild').BuildOptions} */
  const options = { bundle: true, minify: true, format: 'iife', target: 'es2022', logLevel: 'error' };
  await Promise.all([
    build({
      ...options,
      entryPoints: [join(HERE, 'page.ts')],
      outfile: join(folder, 'classify.js'),
      plugins: [inBrowser],
      loader: { '.wasm': 'dataurl' },
      // TensorFlow.js asks whether it runs in Node, and requires what it would take there.
      external: [
        'fs',
        'path',
        'crypto',
        'worker_threads',
        'perf_hooks',
        'os',
        'util',
        'node-fetch',
        'string_decoder',
      ],
      legalComments: 'linked',
    }),
    build({
      ...options,
      stdin: {
        contents: `export { default as model } from './model.json'; export { default as weights } from './${weights}';`,
        resolveDir: NETWORK,
      },
      globalName: 'shippedNetwork',
      outfile: join(folder, 'classify-network.js'),
      loader: { '.bin': 'binary' },
    }),
  ]);
}

/**
 * The page's content.
 *
 * @param {keyof typeof TEXTS} language
 * @param {string} cardAddress of the network's model card
 */
export function classifyHtml(language, cardAddress) {
  /** @type {Record<string, string>} */
  const text = Object.fromEntries(
    Object.entries(TEXTS[language]).map(([name, words]) => [name, escapeHtml(words)]),
  );
  const examples = EXAMPLES.map((name) => {
    const data = readFileSync(join(PICTURES, name)).toString('base64');
    const type = extname(name).slice(1).replace('jpg', 'jpeg');
    // Within the page: a picture that was loaded from a disk may not be read.
    return `<button class="example" disabled><img src="data:image/${type};base64,${data}" alt="${name.split('.')[0]}"></button>`;
  });
  return `<h1>${text.title}</h1>
<p>${text.lead}</p>
<noscript><p>${text.scripts}</p></noscript>
<p id="status" role="status">${text.loading}</p>
<p class="choices"><label class="button"><input type="file" id="file" accept="image/*" disabled> ${text.choose}</label> ${text.drop}</p>
<p><button id="camera" disabled>${text.camera}</button></p>
<p>${text.examples}:</p>
<p class="examples">${examples.join('\n')}</p>
<p id="problem" role="alert" hidden></p>
<video id="video" playsinline muted hidden></video>
<div id="looked-at" hidden>
<p id="result" role="status"></p>
<div class="looked-at">
<figure class="looked-at-picture"><canvas id="picture" role="img" aria-label="${text.pictureText}"></canvas><canvas id="places" aria-hidden="true"></canvas></figure>
<div>
<table><caption>${text.results}</caption><thead><tr><th>${text.className}</th><th>${text.probability}</th></tr></thead><tbody id="probabilities"></tbody></table>
<p>${text.resultsHint}</p>
<p><label><input type="checkbox" id="show-places" checked> ${text.show}</label></p>
</div>
</div>
</div>
<p>${text.note} <a href="${cardAddress}">${text.card}</a>.</p>
<h2>${text.own}</h2>
<p>${text.ownText}</p>
<p><label class="button"><input type="file" id="own" accept=".json,.bin" multiple disabled> ${text.ownLabel}</label> <button id="back" hidden>${text.back}</button></p>`;
}
