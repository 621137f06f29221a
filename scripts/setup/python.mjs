/** Python programs of the private virtual environment, kept apart from what the user has set up for others. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readText } from './files.mjs';
import { findPython, missingError } from './prerequisites.mjs';

/** The set-up's own folder, where the requirements lie. */
export const setupFolder = fileURLToPath(new URL('.', import.meta.url));

/**
 * @param {import('./project.mjs').Project} project
 * @returns {NodeJS.ProcessEnv}
 */
export function pythonEnvironment({ temporary }) {
  const { PYTHONPATH: _path, PYTHONHOME: _home, ...env } = process.env;
  // pip unpacks gigabytes: beside their destination, where there is space for them.
  return { ...env, TMPDIR: temporary, PIP_USER: '0', PIP_NO_INPUT: '1', PIP_DISABLE_PIP_VERSION_CHECK: '1' };
}

/**
 * Makes a virtual environment, an empty one in place of any that is there.
 *
 * @param {import('./project.mjs').Project} project
 * @param {import('./step.mjs').Work} work
 * @param {string} folder
 * @returns {Promise<string>} the version of its Python
 */
export async function makeVenv(project, work, folder) {
  const found = findPython(process.env);
  if ('missing' in found) throw missingError([found.missing], process.env);
  await work.run(found.command, ['-m', 'venv', '--clear', folder], { env: pythonEnvironment(project) });
  return found.version;
}

/**
 * `pip install`.
 *
 * @param {import('./project.mjs').Project} project
 * @param {import('./step.mjs').Work} work
 * @param {string} python whose packages they are to be
 * @param {string[]} args
 */
export async function pip(project, work, python, args) {
  mkdirSync(project.temporary, { recursive: true });
  const log = join(project.temporary, 'pip.log');
  // Python compiles what it imports when it does: not everything, now.
  const command = ['-m', 'pip', 'install', '--only-binary=:all:', '--no-compile', '--log', log, ...args];
  const running = work.run(python, command, {
    env: pythonEnvironment(project),
    // What is pinned for other machines.
    noise: /^Ignoring \S+: markers/,
    onLine(line) {
      const [doing] =
        line.match(/(Collecting|Downloading|Installing collected packages)[^(:]*(\([^)]*B\))?/) ?? [];
      if (doing !== undefined) work.update(doing);
    },
  });
  await running.catch((error) => {
    // Why no version was found, pip tells its log alone.
    const [reason] = readText(log)?.match(/Could not fetch URL .*/) ?? [];
    if (reason !== undefined) error.output += `\n${reason}`;
    throw error;
  });
}

/**
 * `pip install` of a requirements file into the project's own environment, each download checked against its hash.
 *
 * @param {import('./project.mjs').Project} project
 * @param {import('./step.mjs').Work} work
 * @param {string} requirements the file's name in this folder
 * @param {string[]} args
 */
export async function pipInstall(project, work, requirements, args) {
  const file = join(setupFolder, requirements);
  await pip(project, work, project.python, ['--require-hashes', ...args, '-r', file]);
}
