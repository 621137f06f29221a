/** The list of what this project depends on when it runs, with licenses: THIRD_PARTY.md, and which licenses may be in it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readJson } from '../setup/files.mjs';
import { npmDependencies, pythonDependencies } from './dependencies.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));

/** The list's file. */
export const listFile = join(here, 'THIRD_PARTY.md');

/**
 * @typedef {object} Entry
 * @property {string} side npm or Python
 * @property {string} name
 * @property {string} version
 * @property {string} license
 */

/** SPDX names of licenses that Python packages tell in words of their own. */
const IN_SPDX = [
  { words: /^(The )?MIT( License)?$/i, spdx: 'MIT' },
  { words: /^Apache( Software)? ?(License)?,?( Version)? ?(2\.0)?$/i, spdx: 'Apache-2.0' },
  { words: /^BSD[ -]3[ -]Clause( License)?$/i, spdx: 'BSD-3-Clause' },
  { words: /^BSD[ -]2[ -]Clause( License)?$/i, spdx: 'BSD-2-Clause' },
  { words: /^BSD( License)?$/i, spdx: 'BSD' }, // which of them, it doesn't say
  { words: /^ISC( License)?( \(ISCL\))?$/i, spdx: 'ISC' },
  { words: /^(PSFL|Python Software Foundation License)$/i, spdx: 'PSF-2.0' },
];

/**
 * The license that a Python package's METADATA names: an expression, else a line of its own, else a classifier.
 *
 * @param {string} metadata
 */
export function licenseOf(metadata) {
  const [head] = metadata.split(/\r?\n\r?\n/);
  const field = (/** @type {RegExp} */ pattern) => head.match(pattern)?.[1].trim();
  const named = [
    field(/^License-Expression: (.+)$/m),
    field(/^License: (?!UNKNOWN|Copyright)(.+)$/m),
    field(/^Classifier: License :: (?:.* :: )?(.+)$/m),
  ].find((license) => license !== undefined);
  return IN_SPDX.find(({ words }) => words.test(named ?? ''))?.spdx ?? named ?? 'unknown';
}

/**
 * The licenses of the Python packages that are installed in a folder, by name and version.
 *
 * @param {string} folder
 * @returns {Map<string, string>}
 */
export function installedLicences(folder) {
  const packages = readdirSync(folder).filter((name) => name.endsWith('.dist-info'));
  return new Map(
    packages.map((name) => {
      const metadata = readFileSync(join(folder, name, 'METADATA'), 'utf8');
      const [project, version] = ['Name', 'Version'].map(
        (field) => metadata.match(new RegExp(`^${field}: (.+)$`, 'm'))?.[1] ?? '',
      );
      return [pinOf(project, version), licenseOf(metadata)];
    }),
  );
}

/**
 * What the lock files have for running: npm's licenses from the lock, Python's from what is known.
 *
 * @param {Map<string, string>} known licenses of Python packages, as `pinOf`
 * @returns {Entry[]}
 */
export function dependencies(known) {
  const npm = npmDependencies()
    .filter(({ forDevelopment }) => !forDevelopment)
    .map(({ name, version, license }) => ({ side: 'npm', name, version, license: license }));
  const python = pythonDependencies().map(({ name, version }) => ({
    side: 'Python',
    name,
    version,
    license: known.get(pinOf(name, version)) ?? 'unknown',
  }));
  const byPin = new Map([...npm, ...python].map((entry) => [lineOf(entry), entry]));
  return [...byPin].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

/**
 * A Python package's name as all spellings of it have in common, with its version.
 *
 * @param {string} name
 * @param {string} version
 */
export function pinOf(name, version) {
  return `${name.toLowerCase().replace(/[-_.]+/g, '-')}==${version}`;
}

/** @param {Entry} entry */
const lineOf = ({ side, name, version, license }) => `| ${side} | ${name} | ${version} | ${license} |`;

/**
 * The list as a document.
 *
 * @param {Entry[]} entries
 */
export function writeList(entries) {
  return `# What this project depends on

The packages of other people that it takes when it is set up, and their licenses; none of them is part of this repository.
What only its development takes is left out. \`npm run licenses\` writes this list, \`licensePolicy.json\` says which licenses may be in it.

| from | package | version | license |
| --- | --- | --- | --- |
${entries.map(lineOf).join('\n')}
`;
}

/**
 * The entries of the list.
 *
 * @param {string} text
 * @returns {Entry[]}
 */
export function readList(text) {
  return [...text.matchAll(/^\| (npm|Python) \| (\S+) \| (\S+) \| (.+) \|$/gm)].map(
    ([, side, name, version, license]) => ({ side, name, version, license }),
  );
}

/**
 * Licenses that any package may have, and those that some may, with the reason; `*` stands for any ending of a name.
 *
 * @typedef {{ allowed: string[], exceptions: { packages: string[], license: string, reason: string }[] }} Policy
 */

/** @returns {Policy} */
export function readPolicy() {
  return readJson(join(here, 'licensePolicy.json'));
}

/**
 * Whether a dependency may be taken: every part of its license is allowed, or excepted for it.
 *
 * @param {Entry} entry
 * @param {Policy} policy
 */
export function isAllowed({ name, license }, { allowed, exceptions }) {
  const isNamed = (/** @type {string} */ pattern) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  const granted = exceptions.filter(({ packages }) => packages.some(isNamed));
  const licenses = new Set([...allowed, ...granted.map((exception) => exception.license)]);
  if (licenses.has(license)) return true;
  const parts = license.replace(/[()]/g, '').split(' AND ');
  return parts.every((part) => part.split(' OR ').some((choice) => licenses.has(choice)));
}
