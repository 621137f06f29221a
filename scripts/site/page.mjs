/** What is around a page's content: its head, and the ways to the other pages. */
import { addressOf, CLASSIFY, GUIDE, relativeAddress, START } from './addresses.mjs';
import { titleOf } from './documents.mjs';
import { escapeHtml } from './highlight.mjs';
import { counterpartOf, languageOf, WORDS } from './languages.mjs';

/** @typedef {import('./documents.mjs').Document} Document */

/**
 * A page that is in every language, by the path of the English one.
 *
 * @param {string} path
 * @param {import('./languages.mjs').Language} language
 */
const pathIn = (path, language) => (language === 'en' ? path : counterpartOf(path));

/**
 * @param {Document} document
 * @param {Map<string, Document>} documents all of the site, those that are linked to from this one at least
 */
export function pageHtml(document, documents) {
  const language = languageOf(document.path);
  const words = WORDS[language];
  const notebooks = [...documents.values()].filter(
    ({ path }) => path.endsWith('.ipynb') && languageOf(path) === language && !path.includes('article'),
  );
  const start = pathIn(START, language);
  const counterpart = counterpartOf(document.path);
  const other = documents.has(counterpart) ? counterpart : pathIn(START, language === 'en' ? 'zh' : 'en');
  const here = addressOf(document.path);
  const to = (/** @type {string} */ address) => relativeAddress(here, address);
  const title = titleOf(document);
  const scripts = [...(document.hasCharts ? ['plotly.min.js', 'charts.js'] : []), ...(document.scripts ?? [])]
    .map((name) => `<script defer src="${to(`assets/${name}`)}"></script>\n`)
    .join('');
  return `<!doctype html>
<html lang="${language === 'zh' ? 'zh-Hans' : 'en'}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(document.path === start ? title : `${title} · ${words.site}`)}</title>
<link rel="stylesheet" href="${to('assets/katex.min.css')}">
<link rel="stylesheet" href="${to('assets/code-light.css')}" media="(prefers-color-scheme: light)">
<link rel="stylesheet" href="${to('assets/code-dark.css')}" media="(prefers-color-scheme: dark)">
<link rel="stylesheet" href="${to('assets/site.css')}">
${scripts}</head>
<body>
<header><a href="${to(addressOf(start))}">${words.site}</a> <a href="${to(addressOf(pathIn(CLASSIFY, language)))}">${words.tryIt}</a> <a href="${to('api/index.html')}">${words.reference}</a> <a href="${to(addressOf(other))}" hreflang="${language === 'en' ? 'zh' : 'en'}">${words.other}</a> <a class="to-pages" href="#pages">${words.allPages}</a></header>
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
  const language = languageOf(document.path);
  const words = WORDS[language];
  const start = `<li>${link(pathIn(START, language), words.start, document, to)}</li>`;
  const others = notebooks.map((notebook) => {
    const isHere = notebook.path === document.path;
    return `<li>${link(notebook.path, titleOf(notebook), document, to)}${isHere ? sections(notebook) : ''}</li>`;
  });
  const guide = `<li>${link(GUIDE, words.guide, document, to)}</li>`;
  const reference = `<li><a href="${to('api/index.html')}">${words.wholeReference}</a></li>`;
  return `<nav id="pages" aria-label="${words.pages}">\n<ul>\n${[start, ...others, guide, reference].join('\n')}\n</ul>\n</nav>`;
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
  return `<nav class="neighbors" aria-label="${WORDS[languageOf(document.path)].neighbors}">${before ?? '<span></span>'} ${after ?? ''}</nav>`;
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
