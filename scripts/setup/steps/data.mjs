/** CIFAR-10, by the library's own means: it knows the sources and checks what they send. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { bar } from '../../terminal.mjs';
import { packageRoot } from '../project.mjs';

const require = createRequire(import.meta.url);
const module = () => join(packageRoot, 'lib', 'dist', 'data', 'cifar10.js');

/** @typedef {import('../../../lib/data/cifar10.js')} Cifar10Module */
/** @typedef {import('../../../lib/data/download/cifar10Source.js').Cifar10Progress} Cifar10Progress */

/**
 * Calls the library's `ensureCifar10`: CIFAR10_DIR names a folder that has the data already.
 *
 * @param {import('../project.mjs').Project} project
 * @param {{ download: boolean, onProgress?: (progress: Cifar10Progress) => void }} options
 * @returns {Promise<string>} the folder
 */
function ensure({ data }, { download, onProgress }) {
  const named = process.env.CIFAR10_DIR;
  const { ensureCifar10 } = /** @type {Cifar10Module} */ (require(module()));
  return ensureCifar10({ root: named || data, download: download && !named, onProgress });
}

/**
 * The folder that has CIFAR-10, once the set-up has seen to it.
 *
 * @param {import('../project.mjs').Project} project
 */
export const cifar10Folder = (project) => ensure(project, { download: false });

/** @type {import('../step.mjs').Step} */
export const data = {
  name: 'CIFAR-10',
  needs: [],
  fix: 'Is the network up? What has arrived is kept: give the same command again.',
  describe: () => '60,000 images (150 MB to fetch)',

  async isDone(project) {
    if (!existsSync(module())) return false;
    return cifar10Folder(project).then(
      () => true,
      () => false,
    );
  },

  async run(project, work) {
    const folder = await ensure(project, {
      download: true,
      onProgress: ({ step, done, total, source }) =>
        work.update(
          `${bar(done / total)} of ${megabytes(total)} ${step === 'unpack' ? 'unpacked, ' : ''}from ${source}`,
        ),
    });
    return `in ${folder}`;
  },
};

/** @param {number} bytes */
const megabytes = (bytes) => `${Math.round(bytes / 1e6)} MB`;
