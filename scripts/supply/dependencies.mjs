/** What this project depends on, as its lock files have it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../setup/project.mjs';
import { setupFolder } from '../setup/python.mjs';

/**
 * @typedef {object} Dependency
 * @property {string} name
 * @property {string} version
 * @property {string[]} hashes what a download is checked against
 *
 * @typedef {Dependency & { license: string, forDevelopment: boolean }} NpmDependency
 */

/** @returns {NpmDependency[]} */
export function npmDependencies() {
  const { packages } = JSON.parse(readFileSync(join(packageRoot, 'package-lock.json'), 'utf8'));
  return Object.entries(packages)
    .filter(([folder]) => folder !== '')
    .map(([folder, { version, integrity, license = 'unknown', dev = false }]) => ({
      name: folder.replace(/^.*node_modules\//, ''),
      version,
      hashes: integrity ? [integrity] : [],
      license,
      forDevelopment: dev,
    }));
}

/**
 * The pins of all requirements files: a package may have several, for one Python or another.
 *
 * @returns {Dependency[]}
 */
export function pythonDependencies() {
  return readdirSync(setupFolder)
    .filter((name) => /^requirements-.*\.txt$/.test(name))
    .flatMap((name) => readFileSync(join(setupFolder, name), 'utf8').split(/\n(?=\S)/))
    .filter((pin) => pin.trim() !== '')
    .map((pin) => {
      const [, name, version] = pin.match(/^([\w.-]+)==(\S+)/) ?? [];
      if (name === undefined) throw new Error(`A requirement that is no pin: ${pin}`);
      return {
        name,
        version,
        hashes: [...pin.matchAll(/--hash=(sha256:[0-9a-f]{64})\b/g)].map(([, hash]) => hash),
      };
    });
}
