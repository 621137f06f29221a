/** JupyterLab on the project's notebooks. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { jupyterEnvironment } from './environment.mjs';

/**
 * Runs JupyterLab until it is left.
 *
 * @param {import('../setup/project.mjs').Project} project
 * @param {string[]} args JupyterLab's own
 * @returns {Promise<number>} its exit code
 */
export function runLab(project, args) {
  const notebooks = join(project.root, 'notebooks');
  const folder = existsSync(notebooks) ? notebooks : project.root;
  // In a container one is often root, which Jupyter refuses otherwise.
  const asRoot = process.getuid?.() === 0 ? ['--allow-root'] : [];
  const child = spawn(project.python, ['-m', 'jupyterlab', ...asRoot, ...args], {
    cwd: folder,
    env: jupyterEnvironment(project),
    stdio: 'inherit',
  });
  // Ctrl-C reaches JupyterLab as well, which asks before it ends.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
