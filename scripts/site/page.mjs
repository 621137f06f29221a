/** What is around a page's content: its head, and the ways to the other pages. */
import { addressOf, CLASSIFY, GUIDE, relativeAddress, START } from './addresses.mjs';
import { titleOf } from './documents.mjs';
import { escapeHtml } from './highlight.mjs';

/** @typedef {import('./documents.mjs').Document} Document */

const SITE = 'ResNet notebooks';

/**
 * @param {Document} document
 * @param {Document[]} notebooks in their order
 */
export function pageHtml(document, notebooks) {
  const here = addressOf(document.path);
  const to = (/** @type {string} */ address) => relativeAddress(here, address);
  const title = titleOf(document);
  const scripts = [...(document.hasCharts ? ['plotly.min.js', 'charts.js'] : []), ...(document.scripts ?? [])]
    .map((name) => `<script defer src="${to(`assets/${name}`)}"></script>\n`)
    .join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(document.path === START ? title : `${title} · ${SITE}`)}</title>
<link rel="stylesheet" href="${to('assets/katex.min.css')}">
<link rel="stylesheet" href="${to('assets/code-light.css')}" media="(prefers-color-scheme: light)">
<link rel="stylesheet" href="${to('assets/code-dark.css')}" media="(prefers-color-scheme: dark)">
<link rel="stylesheet" href="${to('assets/site.css')}">
${scripts}</head>
<body>
<header><a href="${to('index.html')}">${SITE}</a> <a href="${to(addressOf(CLASSIFY))}">Try it</a> <a href="${to('api/index.html')}">Reference</a> <a class="to-pages" href="#pages">All pages</a></header>
<main>
${document.html}
${neighbors(document, notebooks, to)}
</main>
${navigation(document, notebooks, to)}
</body>
</html>
`;
}

/**
 * @param {Document} document
 * @param {Document[]} notebooks
 * @param {(address: string) => string} to
 */
function navigation(document, notebooks, to) {
  const start = `<li>${link(START, 'Start', document, to)}</li>`;
  const others = notebooks.map((notebook) => {
    const isHere = notebook.path === document.path;
    return `<li>${link(notebook.path, titleOf(notebook), document, to)}${isHere ? sections(notebook) : ''}</li>`;
  });
  const guide = `<li>${link(GUIDE, 'The library in your own notebook', document, to)}</li>`;
  const reference = `<li><a href="${to('api/index.html')}">Reference of the library</a></li>`;
  return `<nav id="pages" aria-label="Pages">\n<ul>\n${[start, ...others, guide, reference].join('\n')}\n</ul>\n</nav>`;
}

/** @param {Document} document */
function sections({ headings }) {
  const items = headings
    .filter(({ level }) => level === 2)
    .map(({ text, id }) => `<li><a href="#${id}">${escapeHtml(text)}</a></li>`);
  return `\n<ul>\n${items.join('\n')}\n</ul>\n`;
}

/**
 * The notebooks before and after this one.
 *
 * @param {Document} document
 * @param {Document[]} notebooks
 * @param {(address: string) => string} to
 */
function neighbors(document, notebooks, to) {
  const i = notebooks.indexOf(document);
  if (i < 0) return '';
  const [previous, next] = [notebooks[i - 1], notebooks[i + 1]];
  const before =
    previous && `<a rel="prev" href="${to(addressOf(previous.path))}">← ${escapeHtml(titleOf(previous))}</a>`;
  const after = next && `<a rel="next" href="${to(addressOf(next.path))}">${escapeHtml(titleOf(next))} →</a>`;
  return `<nav class="neighbors" aria-label="Neighbours">${before ?? '<span></span>'} ${after ?? ''}</nav>`;
}

/**
 * @param {string} path
 * @param {string} text
 * @param {Document} document
 * @param {(address: string) => string} to
 */
function link(path, text, document, to) {
  const current = path === document.path ? ' aria-current="page"' : '';
  return `<a href="${to(addressOf(path))}"${current}>${escapeHtml(text)}</a>`;
}
