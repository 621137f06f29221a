/** Where things are: the project that is set up, this package, and what the set-up makes. */
import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SetupError } from './errors.mjs';

/** The folder of this package's own package.json: the checkout, or `resnet-notebooks` in a node_modules. */
export const packageRoot = realpathSync(fileURLToPath(new URL('../..', import.meta.url))).replace(
  /[\\/]$/,
  '',
);

/**
 * @typedef {object} Project
 * @property {string} root the folder that is set up
 * @property {boolean} isCheckout whether it is this package's own source, not a project that installed it
 * @property {string} home what the set-up makes, except for the engine's addon and the library
 * @property {string} venv Python's virtual environment
 * @property {string} python the interpreter in it
 * @property {string} tensorflow TensorFlow's wheel, unpacked
 * @property {string} compileCache code that a kernel's Node has compiled before
 * @property {string} temporary emptied by every set-up
 * @property {string} data where CIFAR-10 goes
 */

/**
 * @param {string} root
 * @returns {Project}
 */
export function projectAt(root) {
  const home = join(root, '.resnet-notebooks');
  const venv = join(home, 'venv');
  return {
    root,
    isCheckout: root === packageRoot,
    home,
    venv,
    python: join(venv, 'bin', 'python'),
    tensorflow: join(home, 'tensorflow'),
    compileCache: join(home, 'compile-cache'),
    temporary: join(home, 'tmp'),
    data: join(root, 'data'),
  };
}

/**
 * The project that a command run in `directory` is about: the nearest folder above with a package.json that has
 * this package in it (in a workspace that can be the workspace's root).
 *
 * @param {string} directory
 */
export function findProject(directory) {
  const isInside = (/** @type {string} */ root) => packageRoot === root || packageRoot.startsWith(root + sep);
  let nearest;
  for (let at = realpathSync(directory); ; at = dirname(at)) {
    const isProject = existsSync(join(at, 'package.json')) && !at.split(sep).includes('node_modules');
    if (isProject && isInside(at)) return projectAt(at);
    if (isProject) nearest ??= at;
    if (at === dirname(at)) break;
  }
  if (nearest !== undefined) {
    throw new SetupError(
      `resnet-notebooks isn't installed in ${nearest}.`,
      'Install it there: `npm install --ignore-scripts resnet-notebooks` (or the file that `npm pack` made; a link to a folder elsewhere will not do).',
    );
  }
  throw new SetupError(
    `There is no package.json in ${directory} or above it.`,
    'Start a project there: `npm init -y`, then `npm install --ignore-scripts resnet-notebooks`.',
  );
}

const require = createRequire(join(packageRoot, 'package.json'));

/**
 * The folder of a package that this one depends on, hoisted or not.
 *
 * @param {string} name
 */
export function packageFolder(name) {
  try {
    return dirname(require.resolve(`${name}/package.json`));
  } catch (cause) {
    throw new SetupError(
      `The package ${name} is missing.`,
      'Install the node packages again: `npm ci` in this project, `npm install --ignore-scripts` in your own.',
      { cause },
    );
  }
}
