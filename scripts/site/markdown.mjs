/** Markdown as HTML: math without a network, links that lead to the site's pages, headings that can be linked to. */
import { posix } from 'node:path';
import katex from '@vscode/markdown-it-katex';
import MarkdownIt from 'markdown-it';
import { addressOf, relativeAddress } from './addresses.mjs';
import { escapeHtml, highlighted } from './highlight.mjs';

/** @typedef {import('./documents.mjs').Document} Document */
/** @typedef {import('markdown-it').Token} Token */

const markdown = new MarkdownIt({ html: true, linkify: true, highlight: highlighted });
// The plugin's types are those of an older markdown-it.
markdown.use(/** @type {(md: typeof markdown) => void} */ (/** @type {unknown} */ (katex.default)));

/**
 * @param {string} text
 * @param {Document} document gets the headings and the links that are found
 */
export const renderMarkdown = (text, document) => markdown.render(text, { document });

/** @param {import('markdown-it').Env | undefined} env */
const documentOf = (env) => /** @type {Document} */ (env?.document);

markdown.core.ruler.push('headings and links', ({ tokens, env }) => {
  const document = documentOf(env);
  for (const [i, token] of tokens.entries()) {
    if (token.type === 'heading_open') addHeading(token, tokens[i + 1], document);
    for (const child of token.children ?? []) {
      if (child.type === 'link_open') redirect(child, 'href', document);
      if (child.type === 'image') redirect(child, 'src', document);
    }
  }
});

/**
 * @param {Token} heading
 * @param {Token} content
 * @param {Document} document
 */
function addHeading(heading, content, { headings }) {
  const text = (content.children ?? []).map(({ content }) => content).join('');
  // As code hosts name them.
  const slug = text
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
  const taken = new Set(headings.map(({ id }) => id));
  let id = slug;
  for (let n = 1; taken.has(id); n++) id = `${slug}-${n}`;
  heading.attrSet('id', id);
  headings.push({ level: Number(heading.tag.slice(1)), text, id });
}

/**
 * Lets a link to a file of the project lead to that file's place on the site.
 *
 * @param {Token} token
 * @param {string} attribute
 * @param {Document} document
 */
function redirect(token, attribute, { path, links }) {
  const target = String(token.attrGet(attribute));
  if (/^([a-z]+:|#)/i.test(target)) return;
  const [file, anchor] = decodeURI(target).split('#');
  const linked = posix.join(posix.dirname(path), file);
  links.add(linked);
  const address = relativeAddress(addressOf(path), addressOf(linked));
  token.attrSet(attribute, encodeURI(anchor === undefined ? address : `${address}#${anchor}`));
}

const { rules } = markdown.renderer;

/**
 * A public name leads to its page in the reference.
 *
 * @type {import('markdown-it').RendererRule}
 */
rules.code_inline = (tokens, i, _options, env) => {
  const { path, reference } = documentOf(env);
  const { content } = tokens[i];
  const code = `<code>${escapeHtml(content)}</code>`;
  const address = reference.get(content.replace(/\(.*\)$/, ''));
  const lastLink = tokens
    .slice(0, i)
    .reverse()
    .find(({ type }) => type.startsWith('link_'));
  if (address === undefined || lastLink?.type === 'link_open') return code;
  return `<a href="${relativeAddress(addressOf(path), address)}">${code}</a>`;
};

// A table that is wider than a phone moves by itself, not with the page.
rules.table_open = () => '<div class="wide"><table>';
rules.table_close = () => '</table></div>';
