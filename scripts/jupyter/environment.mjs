/** The environment that Jupyter's programs run in: their settings and traces stay in the project, and no other ones reach in. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

/**
 * @param {import('../setup/project.mjs').Project} project
 * @returns {NodeJS.ProcessEnv}
 */
export function jupyterEnvironment({ home }) {
  const {
    PYTHONPATH: _path,
    PYTHONHOME: _home,
    JUPYTER_PATH: _data,
    JUPYTER_CONFIG_PATH: _config,
    ...env
  } = process.env;
  const folder = join(home, 'jupyter');
  mkdirSync(folder, { recursive: true });
  return {
    ...env,
    JUPYTER_CONFIG_DIR: join(folder, 'config'),
    JUPYTER_DATA_DIR: join(folder, 'data'),
    JUPYTER_RUNTIME_DIR: join(folder, 'runtime'),
    IPYTHONDIR: join(folder, 'ipython'),
    PYTHONNOUSERSITE: '1',
  };
}
