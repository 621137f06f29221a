/** A private virtual environment with Jupyter in it. */
import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { hashFiles, readJson, sameJson, writeJson } from '../files.mjs';
import { makeVenv, pipInstall, setupFolder } from '../python.mjs';

const REQUIREMENTS = 'requirements-jupyter.txt';

/**
 * Written last, so it tells a whole environment from a half-made one.
 *
 * @param {string} venv
 */
const stampFile = (venv) => join(venv, 'resnet-notebooks.json');

/** @param {string} python */
const stamp = (python) => ({
  requirements: hashFiles(setupFolder, [REQUIREMENTS]),
  // The interpreter that the environment's link leads to: a newer Python doesn't see an older one's packages.
  python: realpathSync(python),
});

/**
 * Whether it is the Python that the variable PYTHON names, where it names one.
 *
 * @param {string} python
 */
function isNamed(python) {
  if (!process.env.PYTHON) return true;
  const report = 'import os, sys; print(os.path.realpath(sys.executable), end="")';
  const { stdout } = spawnSync(process.env.PYTHON, ['-c', report], { encoding: 'utf8', timeout: 20_000 });
  return stdout === realpathSync(python);
}

/** @type {import('../step.mjs').Step} */
export const jupyter = {
  name: 'Jupyter',
  needs: ['python'],
  fix: 'Is the network up? pip keeps what has arrived: give the same command again.',
  describe: () => 'pip installs JupyterLab into a virtual environment of its own (60 MB to fetch)',

  isDone: ({ venv, python }) =>
    existsSync(python) && sameJson(readJson(stampFile(venv)), stamp(python)) && isNamed(python),

  async run(project, work) {
    const version = await makeVenv(project, work, project.venv);
    await pipInstall(project, work, REQUIREMENTS, []);
    writeJson(stampFile(project.venv), stamp(project.python));
    return `installed, on Python ${version}`;
  },
};
