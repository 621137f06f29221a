/** A notebook as HTML: its cells in their order, each with what it put out. */
import { posix } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { textOf } from '../jupyter/normalForm.mjs';
import { SetupError } from '../setup/errors.mjs';
import { escapeHtml, highlighted } from './highlight.mjs';
import { renderMarkdown } from './markdown.mjs';

/** @typedef {import('./documents.mjs').Document} Document */

/** A chart as Plotly's data. */
const CHART = 'application/vnd.plotly.v1+json';

/**
 * @param {import('../jupyter/normalForm.mjs').Notebook} notebook
 * @param {Document} document gets what is found: headings, links, images
 */
export function renderNotebook({ cells }, document) {
  return cells
    .map((cell) => {
      const source = textOf(cell.source);
      if (cell.cell_type === 'markdown') return renderMarkdown(source, document);
      const outputs = (cell.outputs ?? []).map((output, i) =>
        renderOutput(output, `${cell.id}-${i}`, document),
      );
      const code = `<pre><code>${highlighted(source, 'typescript')}</code></pre>`;
      return `<div class="cell" id="${cell.id}">\n${[code, ...outputs].join('\n')}\n</div>`;
    })
    .join('\n');
}

/**
 * @param {any} output
 * @param {string} id unique in the notebook
 * @param {Document} document
 */
function renderOutput({ output_type, text, data = {}, metadata, traceback }, id, document) {
  if (output_type === 'stream') return plain(textOf(text));
  if (output_type === 'error') return plain(traceback.join('\n'));
  if (data['image/png']) {
    const figure = data[CHART];
    const alt = textOf(data['text/plain'] ?? '');
    const size = metadata?.['image/png'];
    return image(id, data['image/png'], { alt, size, figure }, document);
  }
  if (data['text/plain']) return plain(textOf(data['text/plain']));
  throw new SetupError(
    `${document.path}: the cell of output ${id} shows ${Object.keys(data)}, which the site can't.`,
    'Show a PNG or a text too.',
  );
}

/**
 * An image; where it is of a chart, a script puts the chart in its place.
 *
 * @param {string} id
 * @param {string} png in base64
 * @param {{ alt: string, size?: { width: number, height: number }, figure?: object }} about
 * @param {Document} document
 */
function image(id, png, { alt, size, figure }, document) {
  const { path, images } = document;
  const folder = path.replace(/\.ipynb$/, '');
  images.set(`${folder}/${id}.png`, Buffer.from(png, 'base64'));
  const pixels = size ? ` width="${size.width}" height="${size.height}"` : '';
  const img = `<img src="${posix.basename(folder)}/${id}.png" alt="${escapeHtml(alt)}"${pixels} loading="lazy">`;
  if (figure === undefined) return `<figure class="image">${img}</figure>`;
  document.hasCharts = true;
  // No "</script>" of a figure's text may end the script.
  const json = JSON.stringify(figure).replaceAll('<', '\\u003c');
  return `<figure class="chart">${img}<script type="application/json">${json}</script></figure>`;
}

/** @param {string} text */
const plain = (text) => `<pre class="output">${escapeHtml(stripVTControlCharacters(text))}</pre>`;
