/** What was measured: kept part by part in results.json, and written out whole as RESULTS.md. */
import { fileURLToPath } from 'node:url';
import { readJson, writeJson, writeText } from '../scripts/setup/files.mjs';

const KEPT = fileURLToPath(new URL('results.json', import.meta.url));
const WRITTEN = fileURLToPath(new URL('RESULTS.md', import.meta.url));

/** @typedef {{ environment: string, text: string }} Result the machine and the day, and the results in Markdown */

/**
 * Keeps a part's result in place of an older one.
 *
 * @param {import('./sections/section.mjs').Section[]} sections in their order
 * @param {string} name
 * @param {Result} result
 */
export function keep(sections, name, result) {
  /** @type {Record<string, Result>} */
  const results = { ...readJson(KEPT), [name]: result };
  writeJson(KEPT, results);
  writeText(WRITTEN, written(sections, results));
}

/**
 * @param {import('./sections/section.mjs').Section[]} sections
 * @param {Record<string, Result>} results
 */
function written(sections, results) {
  const environments = new Set(Object.values(results).map(({ environment }) => environment));
  // Said once where it is the same for all.
  const [shared] = environments.size === 1 ? environments : [];
  const blocks = [
    '# Results',
    'Written by `npm run bench`; [README.md](README.md) says how to measure again.',
    ...(shared ? [shared] : []),
  ];
  for (const { title, about, parts } of sections) {
    blocks.push(`## ${title}`, about);
    for (const part of parts) {
      const result = results[part.name];
      if (part.title) blocks.push(`### ${part.title}`);
      if (result === undefined) blocks.push('Not measured yet.');
      else blocks.push(...(shared ? [] : [result.environment]), result.text);
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
