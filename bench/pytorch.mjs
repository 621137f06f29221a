/** PyTorch, in a virtual environment of its own, as a step of the set-up; and the command of a worker on it. */
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, sameJson, writeJson } from '../scripts/setup/files.mjs';
import { makeVenv, pip } from '../scripts/setup/python.mjs';

/** @typedef {import('../scripts/setup/project.mjs').Project} Project */

const PACKAGES = [
  'torch==2.13.0',
  'torchvision==0.28.0',
  'numpy',
  'safetensors==0.8.0',
  'onnxruntime==1.32.0',
];

/** @param {Project} project */
const venvOf = ({ home }) => join(home, 'bench');

/** @param {Project} project */
export const pythonOf = (project) => join(venvOf(project), 'bin', 'python');

/** @param {Project} project */
const stampFile = (project) => join(venvOf(project), 'resnet-notebooks.json');

/** @param {Project} project */
const stamp = (project) => ({ packages: PACKAGES, python: realpathSync(pythonOf(project)) });

/** @type {import('../scripts/setup/step.mjs').Step} */
export const pytorch = {
  name: 'PyTorch',
  // torch.compile compiles C++.
  needs: ['python', 'compiler'],
  fix: 'Is the network up, and is there space on the disk? Then give the same command again.',
  describe: () =>
    `pip installs ${PACKAGES[0]} to compare with (200 MB to fetch; with CUDA's libraries, 3 GB)`,

  isDone: (project) =>
    existsSync(pythonOf(project)) && sameJson(readJson(stampFile(project)), stamp(project)),

  async run(project, work) {
    const version = await makeVenv(project, work, venvOf(project));
    await pip(project, work, pythonOf(project), PACKAGES);
    writeJson(stampFile(project), stamp(project));
    return `installed, on Python ${version}`;
  },
};

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
