/** The library, compiled. Notebooks import what lies in lib/dist. */
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hashFiles, readText, writeText } from '../files.mjs';
import { packageFolder } from '../project.mjs';

/** @param {string} root */
function sourceHash(root) {
  const folder = join(root, 'lib');
  const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !name.startsWith('dist') && /\.ts$|tsconfig\.json$/.test(name))
    .sort();
  return hashFiles(folder, sources);
}

/** @param {string} root */
const stampFile = (root) => join(root, 'lib', 'dist', '.sources');

/** @type {import('../step.mjs').Step} */
export const library = {
  name: 'Library',
  needs: [],
  fix: 'Correct what the compiler names, then give the same command again.',
  describe: () => 'tsc compiles lib',

  isDone: ({ root }) => readText(stampFile(root)) === sourceHash(root),

  async run({ root, temporary }, work) {
    const hash = sourceHash(root);
    const built = join(temporary, 'dist');
    rmSync(built, { recursive: true, force: true });
    mkdirSync(temporary, { recursive: true });
    const tsc = join(packageFolder('typescript'), 'bin', 'tsc');
    await work.run(process.execPath, [tsc, '-p', 'lib', '--outDir', built], { cwd: root });
    // In place of the old one, so that nothing is left of sources that are gone.
    const dist = join(root, 'lib', 'dist');
    rmSync(dist, { recursive: true, force: true });
    renameSync(built, dist);
    writeText(stampFile(root), hash);
    return 'compiled';
  },
};
