/** Code as HTML, with its keywords, strings and comments marked. */
import hljs from 'highlight.js/lib/common';

/**
 * @param {string} code
 * @param {string} language a name or a file's ending; code in an unknown one stays plain
 */
export function highlighted(code, language) {
  return hljs.getLanguage(language) ? hljs.highlight(code, { language }).value : escapeHtml(code);
}

/** @param {string} text */
export const escapeHtml = (text) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
