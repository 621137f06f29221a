/** The node packages of this checkout, exactly as package-lock.json has them. No package's install script runs. */
import { existsSync, mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { CommandError } from '../errors.mjs';
import { readJson } from '../files.mjs';

/**
 * npm's own record of what it installed; it writes it last.
 *
 * @param {string} root
 */
const installedLock = (root) => join(root, 'node_modules', '.package-lock.json');

/** @typedef {{ version: string, optional?: boolean, os?: string[], cpu?: string[], libc?: string[] }} Locked */

/** @type {import('../step.mjs').Step} */
export const nodePackages = {
  name: 'Node packages',
  needs: [],
  fix: "Is the network up? What has arrived is kept in npm's cache: give the same command again.",
  describe: () => 'npm ci, 650 MB on disk',

  isDone: ({ root }) => existsSync(installedLock(root)) && missingPackages(root).length === 0,

  async run({ root, home }, work) {
    rmSync(installedLock(root), { force: true });
    const [npm, ...first] = npmCommand();
    const args = [...first, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--include=dev'];
    // npm ends well where a file couldn't be written, or an optional package not be fetched.
    /** @type {string[]} */
    const unwritten = [];
    const onLine = (/** @type {string} */ line) => {
      if (line.includes('TAR_ENTRY_ERROR')) unwritten.push(line);
    };
    const said = await work.run(npm, args, { cwd: root, env: npmEnvironment(home), onLine });
    if (unwritten.length > 0) {
      rmSync(installedLock(root), { force: true });
      throw new CommandError('npm', 'left files unwritten', unwritten.slice(0, 3).join('\n'));
    }
    const [missing] = missingPackages(root);
    if (missing !== undefined) throw new CommandError('npm', `left out ${missing}`, said);
    return 'installed';
  },
};

/**
 * The folders of packages that aren't there in the version that the lock names.
 *
 * @param {string} root
 */
function missingPackages(root) {
  /** @type {Record<string, Locked>} */
  const wanted = readJson(join(root, 'package-lock.json'))?.packages ?? {};
  /** @type {Record<string, Locked>} */
  const installed = readJson(installedLock(root))?.packages ?? {};
  return Object.keys(wanted).filter((folder) => {
    if (folder === '') return false;
    if (installed[folder] === undefined) return !wanted[folder].optional || isForThisMachine(wanted[folder]);
    return (
      installed[folder].version !== wanted[folder].version || !existsSync(join(root, folder, 'package.json'))
    );
  });
}

/**
 * Whether an optional package is built for this machine; one that is for all only serves others, which may be for another.
 *
 * @param {Locked} locked
 */
function isForThisMachine({ os = [], cpu = [], libc }) {
  return os.includes(process.platform) && cpu.includes(process.arch) && (libc?.includes(libcHere()) ?? true);
}

function libcHere() {
  const { header } = /** @type {{ header: { glibcVersionRuntime?: string } }} */ (process.report.getReport());
  return header.glibcVersionRuntime === undefined ? 'musl' : 'glibc';
}

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
  let folder = process.env.npm_config_cache ?? join(homedir(), '.npm');
  while (!existsSync(folder)) folder = dirname(folder);
  try {
    // Made and removed, not asked for: root may write anywhere, but not into /proc, nor into a file.
    rmdirSync(mkdtempSync(join(folder, '.npm-')));
    return process.env;
  } catch {
    return { ...process.env, npm_config_cache: join(home, 'npm-cache') };
  }
}
