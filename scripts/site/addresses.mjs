/** Where a file of the project lies on the site: in the same folder, a text as a page. */
import { posix } from 'node:path';
import { counterpartOf } from './languages.mjs';

/** The document that is the site's start page. */
export const START = 'README.md';

/** The document on notebooks of one's own. */
export const GUIDE = 'notebooks/README.md';

/** The page that classifies pictures, of no file of the project. */
export const CLASSIFY = 'classify.md';

const PICTURE = /\.(png|jpe?g|gif|webp|svg)$/;

/**
 * Whether a file has a page; an image is copied as it is.
 *
 * @param {string} path in the project, with `/`
 */
export const isPage = (path) => !PICTURE.test(path);

/**
 * @param {string} path in the project, with `/`
 * @returns {string} where its page or its copy is in the site
 */
export function addressOf(path) {
  if (path === START) return 'index.html';
  if (path === counterpartOf(START)) return 'index.zh.html';
  if (!isPage(path)) return path;
  return /\.(md|ipynb)$/.test(path) ? path.replace(/\.\w+$/, '.html') : `${path}.html`;
}

/**
 * @param {string} from an address in the site
 * @param {string} to another one
 * @returns {string} what a link says
 */
export const relativeAddress = (from, to) => posix.relative(posix.dirname(from), to);
