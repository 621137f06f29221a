/** PyTorch, and Python's TensorFlow, each in a virtual environment of its own, as steps of the set-up; and the command of a worker on them. */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, sameJson, writeJson } from '../scripts/setup/files.mjs';
import { makeVenv, pip } from '../scripts/setup/python.mjs';

/** @typedef {import('../scripts/setup/project.mjs').Project} Project */

/**
 * @typedef {object} Environment
 * @property {string} name
 * @property {string} folder of the environment, in the project's home
 * @property {string[]} packages the one it is about first
 * @property {string} size what is to be fetched
 */

/** @type {Environment} */
const PYTORCH = {
  name: 'PyTorch',
  folder: 'bench',
  packages: ['torch==2.13.0', 'torchvision==0.28.0', 'numpy', 'safetensors==0.8.0', 'onnxruntime==1.32.0'],
  size: "200 MB to fetch; with CUDA's libraries, 3 GB",
};

/** @type {Environment} */
const TENSORFLOW = {
  name: 'TensorFlow for Python',
  folder: 'bench-tensorflow',
  packages: ['tensorflow-cpu==2.21.0', 'keras==3.15.1'],
  size: '280 MB to fetch',
};

/**
 * @param {Project} project
 * @param {Environment} environment
 */
const executable = ({ home }, { folder }) => join(home, folder, 'bin', 'python');

/** @param {Project} project */
export const pythonOf = (project) => executable(project, PYTORCH);

/**
 * @param {Environment} environment
 * @returns {import('../scripts/setup/step.mjs').Step}
 */
function step(environment) {
  const { name, folder, packages, size } = environment;
  const stampFile = (/** @type {Project} */ { home }) => join(home, folder, 'resnet-notebooks.json');
  const stamp = (/** @type {Project} */ project) => ({
    packages,
    python: realpathSync(executable(project, environment)),
  });
  return {
    name,
    // torch.compile compiles C++.
    needs: ['python', 'compiler'],
    fix: 'Is the network up, and is there space on the disk? Then give the same command again.',
    describe: () => `pip installs ${packages[0]} to compare with (${size})`,

    isDone: (project) =>
      existsSync(executable(project, environment)) && sameJson(readJson(stampFile(project)), stamp(project)),

    async run(project, work) {
      const version = await makeVenv(project, work, join(project.home, folder));
      await pip(project, work, executable(project, environment), packages);
      writeJson(stampFile(project), stamp(project));
      return `installed, on Python ${version}`;
    },
  };
}

export const pytorch = step(PYTORCH);
export const tensorflow = step(TENSORFLOW);

/**
 * The command of a worker in Python.
 *
 * @param {Project} project
 * @param {string} name
 * @param {(string | number)[]} settings
 */
export function python(project, name, ...settings) {
  // -E: not what the user's own Python is told.
  return [pythonOf(project), '-E', join('bench', 'pytorch', `${name}.py`), ...settings.map(String)];
}

/**
 * The command of the worker that loads what is written for TensorFlow and Keras.
 *
 * @param {Project} project
 * @param {string} folder
 */
export function tensorflowWorker(project, folder) {
  return [executable(project, TENSORFLOW), '-E', join('bench', 'tensorflow', 'formats.py'), folder];
}
