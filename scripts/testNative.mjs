/**
 * `npm run test:native`: the C++ kernels alone, without TensorFlow and Node: compiled, tested at each level that this processor has, and with
 * `-- --sanitize` once more under the address and undefined-behavior sanitizers. `CXX` names another compiler.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from './main.mjs';
import { SetupError } from './setup/errors.mjs';
import { findCompiler, missingError } from './setup/prerequisites.mjs';
import { packageRoot } from './setup/project.mjs';

const native = join(packageRoot, 'lib', 'engine', 'native');
const CLANG_FORMAT = 14;
const LEVELS = ['portable', 'avx2', 'avx512', 'avx512_bf16'];

await main(async () => {
  const found = findCompiler(process.env);
  if ('missing' in found) throw missingError([found.missing], process.env);
  const sanitize = process.argv.includes('--sanitize');
  if (!isFormatted()) return 1;
  const folder = mkdtempSync(join(tmpdir(), 'test-native-'));
  try {
    const program = compile(found.command, folder, sanitize);
    const failed = LEVELS.filter((level) => !run(program, level, sanitize ? '40' : '200'));
    if (failed.length > 0) console.error(`\nFailed: ${failed.join(', ')}.`);
    return failed.length > 0 ? 1 : 0;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

/** Whether clang-format would leave the C++ as it is. Versions differ in what they do, so only one is asked. */
function isFormatted() {
  const version = spawnSync('clang-format', ['--version'], { encoding: 'utf8' }).stdout ?? '';
  if (!version.includes(`version ${CLANG_FORMAT}.`)) {
    console.log(`clang-format ${CLANG_FORMAT} is not installed: the format is not checked`);
    return true;
  }
  const files = [native, join(packageRoot, 'test', 'native')].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(cc|h)$/.test(name))
      .map((name) => join(folder, name)),
  );
  return spawnSync('clang-format', ['--dry-run', '--Werror', ...files], { stdio: 'inherit' }).status === 0;
}

/**
 * @param {string[]} compiler
 * @param {string} folder
 * @param {boolean} sanitize
 * @returns {string} the program
 */
function compile([command, ...first], folder, sanitize) {
  const sources = readdirSync(native, { recursive: true, encoding: 'utf8' }).filter(
    (name) => /^(convolution|shared)\b.*\.cc$/.test(name) && !name.includes('_operations'),
  );
  const program = join(folder, 'convolution_test');
  mkdirSync(folder, { recursive: true });
  const optimize = sanitize
    ? ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover']
    : ['-O3'];
  const { status } = spawnSync(
    command,
    [
      ...first,
      ...['-std=c++17', ...optimize, '-ffp-contract=fast', '-Wno-psabi', '-pthread', '-I', native],
      ...sources.map((name) => join(native, name)),
      join(packageRoot, 'test', 'native', 'convolution_test.cc'),
      ...['-o', program],
    ],
    { stdio: 'inherit' },
  );
  if (status !== 0)
    throw new SetupError('The kernels were not compiled.', 'Correct what the compiler names.');
  return program;
}

/**
 * @param {string} program
 * @param {string} level
 * @param {string} rounds random shapes to try
 */
function run(program, level, rounds) {
  const { status, stdout } = spawnSync(program, [rounds], {
    encoding: 'utf8',
    env: { ...process.env, RESNET_KERNELS: level },
  });
  const isThere = stdout.startsWith(`${level}\n`);
  console.log(isThere ? stdout.trim().replace('\n', ': ') : `${level}: this processor doesn't have it`);
  return !isThere || status === 0;
}
