/** The node packages of this checkout, exactly as package-lock.json has them. No package's install script runs. */
import { accessSync, constants, existsSync, mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { readJson } from '../files.mjs';

/**
 * npm's own record of what it installed; it writes it last.
 *
 * @param {string} root
 */
const installedLock = (root) => join(root, 'node_modules', '.package-lock.json');

/** @type {import('../step.mjs').Step} */
export const nodePackages = {
  name: 'Node packages',
  needs: [],
  fix: "Is the network up? What has arrived is kept in npm's cache: give the same command again.",
  describe: () => 'npm ci, 650 MB on disk',

  isDone({ root }) {
    const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {};
    const installed = readJson(installedLock(root))?.packages;
    if (installed === undefined) return false;
    return Object.entries(wanted).every(([folder, { version, optional }]) => {
      if (folder === '') return true;
      // An optional one may be for another kind of machine.
      if (installed[folder] === undefined) return optional === true;
      return installed[folder].version === version && existsSync(join(root, folder, 'package.json'));
    });
  },

  async run({ root, home }, work) {
    rmSync(installedLock(root), { force: true });
    const [npm, ...first] = npmCommand();
    const args = [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--include=dev'];
    await work.run(npm, args, { cwd: root, env: npmEnvironment(home) });
    return 'installed';
  },
};

/**
 * The npm that runs this command, else the one on the path.
 *
 * @returns {string[]}
 */
function npmCommand() {
  const running = process.env.npm_execpath ?? '';
  return /npm-cli\.c?js$/.test(running) ? [process.execPath, running] : ['npm'];
}

/**
 * npm refuses to work without a cache that it can write to.
 *
 * @param {string} home
 */
function npmEnvironment(home) {
  const cache = process.env.npm_config_cache ?? join(homedir(), '.npm');
  try {
    mkdirSync(cache, { recursive: true });
    accessSync(cache, constants.W_OK);
    return process.env;
  } catch {
    return { ...process.env, npm_config_cache: join(home, 'npm-cache') };
  }
}
