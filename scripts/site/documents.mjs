/** A file of the project as a page's content: a notebook, a Markdown document, or a source file. */
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { packageRoot } from '../setup/project.mjs';
import { highlighted } from './highlight.mjs';
import { renderMarkdown } from './markdown.mjs';
import { renderNotebook } from './notebook.mjs';

/**
 * @typedef {object} Document
 * @property {string} path in the project, with `/`
 * @property {Map<string, string>} reference the public names and the addresses of their pages
 * @property {string} html the content
 * @property {{ level: number, text: string, id: string }[]} headings in their order
 * @property {Set<string>} links the project's files that it links to or shows
 * @property {Map<string, Buffer>} images of its own, by their addresses in the site
 * @property {boolean} hasCharts
 * @property {string[]} [scripts] of its own, by their names in `assets`
 */

/**
 * @param {string} path
 * @param {Map<string, string>} reference
 * @returns {Document}
 */
export function readDocument(path, reference) {
  /** @type {Document} */
  const document = {
    path,
    reference,
    html: '',
    headings: [],
    links: new Set(),
    images: new Map(),
    hasCharts: false,
  };
  const text = readFileSync(join(packageRoot, path), 'utf8');
  if (path.endsWith('.ipynb')) document.html = renderNotebook(JSON.parse(text), document);
  else if (path.endsWith('.md')) document.html = renderMarkdown(text, document);
  else {
    document.html = `<h1>${path}</h1>\n<pre><code>${highlighted(text, posix.extname(path).slice(1))}</code></pre>`;
  }
  return document;
}

/**
 * What a page is called: its first heading, or its file's name.
 *
 * @param {Document} document
 */
export const titleOf = ({ headings, path }) => headings[0]?.text ?? path;
