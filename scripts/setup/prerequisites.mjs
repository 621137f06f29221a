/**
 * What the machine itself has to bring: Node, Python with venv, a C++ compiler. All that is missing is named at once,
 * each with the line that installs it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { SetupError } from './errors.mjs';

/** The least minor version of each major one, as jsdom says; newer ones than the last will do. */
const NODE = { 20: 19, 22: 13, 24: 0 };
const PYTHON_AT_LEAST = [3, 10];
const PYTHONS = ['python3', 'python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python'];
const COMPILERS = ['c++', 'g++', 'clang++'];

/** @typedef {{ what: string, why: string, install: Record<string, string> }} Missing */

/**
 * Whether a version is at least another; parts that aren't given count as 0.
 *
 * @param {number[]} version
 * @param {number[]} least
 */
export function isAtLeast(version, least) {
  for (const [i, part] of least.entries()) {
    if ((version[i] ?? 0) !== part) return (version[i] ?? 0) > part;
  }
  return true;
}

/**
 * @param {string} version as `process.versions.node`
 * @returns {Missing | undefined}
 */
export function missingNode(version) {
  const [major, minor] = version.split('.').map(Number);
  const least = NODE[/** @type {keyof typeof NODE} */ (major)];
  if (major > 24 || minor >= least) return undefined;
  return {
    what: `Node.js 24 or newer, 22.13 or newer, or 20.19 or newer (this is ${version})`,
    why: 'everything runs on it',
    install: {
      'apt-get': 'sudo apt-get install nodejs npm   # older systems: https://nodejs.org/en/download',
      dnf: 'sudo dnf install nodejs npm',
      brew: 'brew install node',
    },
  };
}

/**
 * The first Python that is new enough and can make virtual environments.
 *
 * @param {NodeJS.ProcessEnv} env PYTHON in it names the one to use
 * @returns {{ command: string, version: string } | { missing: Missing }}
 */
export function findPython(env) {
  const report =
    'import sys, json\ntry:\n import venv, ensurepip\n ok = True\nexcept ImportError:\n ok = False\nprint(json.dumps([list(sys.version_info[:3]), ok]))';
  const found = [];
  for (const command of env.PYTHON ? [env.PYTHON] : PYTHONS) {
    const { stdout, status } = spawnSync(command, ['-c', report], { env, encoding: 'utf8', timeout: 20_000 });
    if (status !== 0) continue;
    const [version, hasVenv] = /** @type {[number[], boolean]} */ (JSON.parse(stdout));
    const isNew = isAtLeast(version, PYTHON_AT_LEAST);
    if (isNew && hasVenv) return { command, version: version.join('.') };
    found.push(`${command} is ${version.join('.')}${isNew ? ' without venv' : ''}`);
  }
  const state = found.join(', ') || `no ${env.PYTHON ?? 'python3'} found`;
  return {
    missing: {
      what: `Python ${PYTHON_AT_LEAST.join('.')} or newer with venv (${state})`,
      why: 'Jupyter is written in it, and it brings TensorFlow',
      install: {
        'apt-get': 'sudo apt-get install python3 python3-venv',
        dnf: 'sudo dnf install python3',
        brew: 'brew install python',
      },
    },
  };
}

/**
 * The C++ compiler's command, with its leading arguments.
 *
 * @param {NodeJS.ProcessEnv} env CXX in it names the one to use
 * @returns {{ command: string[] } | { missing: Missing }}
 */
export function findCompiler(env) {
  for (const command of env.CXX ? [env.CXX.trim().split(/\s+/)] : COMPILERS.map((name) => [name])) {
    const { status } = spawnSync(command[0], [...command.slice(1), '--version'], { env, timeout: 20_000 });
    if (status === 0) return { command };
  }
  return {
    missing: {
      what: `a C++ compiler (no ${env.CXX ?? COMPILERS.join(', ')} found)`,
      why: 'it joins Node to TensorFlow',
      install: {
        'apt-get': 'sudo apt-get install g++',
        dnf: 'sudo dnf install gcc-c++',
        brew: 'xcode-select --install',
      },
    },
  };
}

/**
 * Throws one error that names all that is missing.
 *
 * @param {Set<import('./step.mjs').Prerequisite>} needs
 * @param {NodeJS.ProcessEnv} [env]
 */
export function checkPrerequisites(needs, env = process.env) {
  if (process.platform === 'win32') {
    throw new SetupError(
      'TensorFlow has no build for Windows itself.',
      'Work in WSL2: https://learn.microsoft.com/windows/wsl/install',
    );
  }
  const node = missingNode(process.versions.node);
  const python = needs.has('python') ? findPython(env) : undefined;
  const compiler = needs.has('compiler') ? findCompiler(env) : undefined;
  /** @type {Missing[]} */
  const missing = [
    ...(node ? [node] : []),
    ...(python && 'missing' in python ? [python.missing] : []),
    ...(compiler && 'missing' in compiler ? [compiler.missing] : []),
  ];
  if (missing.length > 0) throw missingError(missing, env);
}

/**
 * @param {Missing[]} missing
 * @param {NodeJS.ProcessEnv} env
 */
export function missingError(missing, env) {
  const all = Object.keys(missing[0].install);
  const here = all.filter((manager) => isOnPath(manager, env));
  const managers = here.length > 0 ? here : all;
  const items = missing.map(({ what, why, install }) =>
    [`- ${what}: ${why}.`, ...managers.map((manager) => `    ${install[manager]}`)].join('\n'),
  );
  return new SetupError(
    `This machine lacks:\n${items.join('\n')}`,
    'Install it, then give the same command again.',
  );
}

/**
 * @param {string} program
 * @param {NodeJS.ProcessEnv} env
 */
function isOnPath(program, env) {
  return (env.PATH ?? '')
    .split(delimiter)
    .some((folder) => folder !== '' && existsSync(join(folder, program)));
}
