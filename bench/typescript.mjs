/** The workers in TypeScript: compiled, as the library is for who uses it, as a step of the set-up; and the command of one. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder, packageRoot } from '../scripts/setup/project.mjs';

const COMPILED = join('bench', 'dist');

/** @type {import('../scripts/setup/step.mjs').Step} */
export const workers = {
  name: 'Workers',
  needs: [],
  fix: 'Correct what the compiler names, then give the same command again.',
  describe: () => 'tsc compiles bench/workers, with the sources of lib that they use',

  // It takes seconds, and what is measured is sure to be what lies there.
  isDone: () => false,

  async run(_, work) {
    rmSync(join(packageRoot, COMPILED), { recursive: true, force: true });
    const tsc = join(packageFolder('typescript'), 'bin', 'tsc');
    await work.run(process.execPath, [tsc, '-p', 'bench'], { cwd: packageRoot });
    return 'compiled';
  },
};

/**
 * The command of a worker.
 *
 * @param {string} name
 * @param {(string | number)[]} settings
 */
export function typescript(name, ...settings) {
  return [process.execPath, join(COMPILED, 'bench', 'workers', `${name}.js`), ...settings.map(String)];
}
