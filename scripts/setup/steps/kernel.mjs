/** What Jupyter has to know: the kernels, which run this project's own tslab on this Node, and no pop-up of news. */
import { join } from 'node:path';
import { readText, writeJson } from '../files.mjs';
import { packageFolder } from '../project.mjs';

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
