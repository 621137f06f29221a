/** What was measured: kept part by part in results.json, and written out whole as RESULTS.md. */
import { fileURLToPath } from 'node:url';
import { readJson, writeJson, writeText } from '../scripts/setup/files.mjs';

const KEPT = fileURLToPath(new URL('results.json', import.meta.url));
const WRITTEN = fileURLToPath(new URL('RESULTS.md', import.meta.url));

/** @typedef {{ environment: string, text: string }} Result the machine and the day, and the results in Markdown */
/** @typedef {Record<string, Record<string, Result>>} Results by processor, then by part */

/**
 * Keeps a part's result in place of an older one of the same processor.
 *
 * @param {import('./sections/section.mjs').Section[]} sections in their order
 * @param {string} processor
 * @param {string} name of the part
 * @param {Result} result
 */
export function keep(sections, processor, name, result) {
  /** @type {Results} */
  const results = readJson(KEPT) ?? {};
  results[processor] = { ...results[processor], [name]: result };
  writeJson(KEPT, results);
  writeText(WRITTEN, written(sections, results));
}

/**
 * @param {import('./sections/section.mjs').Section[]} sections
 * @param {Results} results
 */
function written(sections, results) {
  const blocks = [
    '# Results',
    'Written by `npm run bench`; [README.md](README.md) says how to measure again. Each table says when and on what it was measured.',
  ];
  for (const { title, about, parts } of sections) {
    blocks.push(`## ${title}`, about);
    for (const part of parts) {
      if (part.title) blocks.push(`### ${part.title}`);
      const measured = Object.values(results).flatMap((byPart) => byPart[part.name] ?? []);
      if (measured.length === 0) blocks.push('Not measured yet.');
      for (const { environment, text } of measured) blocks.push(`${environment}:`, text);
    }
  }
  return `${blocks.join('\n\n')}\n`;
}

/**
 * A table in Markdown.
 *
 * @param {string[]} head
 * @param {(string | number)[][]} rows
 */
export function table(head, rows) {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
