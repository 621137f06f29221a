/** What Jupyter has to know: the kernels, which run this project's own tslab on this Node, and no pop-up of news. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hashFiles, readText, writeJson, writeText } from '../files.mjs';
import { packageFolder } from '../project.mjs';
import { pipInstall, setupFolder } from '../python.mjs';

/**
 * @param {import('../project.mjs').Project} project
 * @returns {Record<string, unknown>} path -> what the file says
 */
function settings({ venv, compileCache }) {
  const command = [process.execPath, join(packageFolder('tslab'), 'bin', 'tslab'), 'kernel'];
  const argv = [...command, '--config-path', '{connection_file}'];
  // Node compiles TypeScript's compiler at every start, unless (from version 22 on) it may keep what it has compiled.
  const env = { NODE_COMPILE_CACHE: compileCache };
  const kernels = join(venv, 'share', 'jupyter', 'kernels');
  return {
    [join(kernels, 'tslab', 'kernel.json')]: {
      argv,
      display_name: 'TypeScript (tslab)',
      language: 'typescript',
      env,
    },
    [join(kernels, 'jslab', 'kernel.json')]: {
      argv: [...argv, '--js'],
      display_name: 'JavaScript (tslab)',
      language: 'javascript',
      env,
    },
    [join(venv, 'etc', 'jupyter', 'labconfig', 'page_config.json')]: {
      disabledExtensions: { '@jupyterlab/apputils-extension:announcements': true },
    },
  };
}

/** @type {import('../step.mjs').Step} */
export const kernel = {
  name: 'Kernel',
  needs: [],
  fix: 'Is the disk full, or the folder not yours to write to? Then give the same command again.',
  describe: () => 'Jupyter learns of tslab',

  isDone(project) {
    try {
      return Object.entries(settings(project)).every(
        ([path, value]) => readText(path) === `${JSON.stringify(value, null, 2)}\n`,
      );
    } catch {
      return false; // tslab isn't there yet
    }
  },

  async run(project) {
    for (const [path, value] of Object.entries(settings(project))) writeJson(path, value);
    return 'TypeScript and JavaScript';
  },
};

const DENO_REQUIREMENTS = 'requirements-deno.txt';

/** @param {import('../project.mjs').Project} project */
function denoFiles({ venv }) {
  const folder = join(venv, 'share', 'jupyter', 'kernels', 'deno');
  return {
    program: join(venv, 'bin', 'deno'),
    spec: join(folder, 'kernel.json'),
    stamp: join(folder, 'requirements'),
  };
}

/**
 * Deno's kernel, for who asks for it by KERNEL=deno.
 *
 * @type {import('../step.mjs').Step}
 */
export const denoKernel = {
  name: 'Deno',
  needs: ['python'],
  fix: 'Is the network up? pip keeps what has arrived: give the same command again.',
  describe: () => 'pip installs Deno, whose kernel KERNEL=deno asks for (42 MB to fetch)',

  isDone(project) {
    const { program, stamp } = denoFiles(project);
    return existsSync(program) && readText(stamp) === hashFiles(setupFolder, [DENO_REQUIREMENTS]);
  },

  async run(project, work) {
    const { program, spec, stamp } = denoFiles(project);
    await pipInstall(project, work, DENO_REQUIREMENTS, []);
    const argv = [program, 'jupyter', '--kernel', '--conn', '{connection_file}'];
    writeJson(spec, { argv, display_name: 'Deno', language: 'typescript' });
    writeText(stamp, hashFiles(setupFolder, [DENO_REQUIREMENTS]));
    return 'installed';
  },
};
