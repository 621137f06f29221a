/**
 * `npm run test:native`: the C++ kernels alone, without TensorFlow and Node: compiled, tested at each level that this processor has, and with
 * `-- --sanitize` once more under the address and undefined-behavior sanitizers. `CXX` names another compiler.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { main } from './main.mjs';
import { compileNative, LEVELS, nativeFolder } from './native.mjs';
import { packageRoot } from './setup/project.mjs';

const tests = join(packageRoot, 'test', 'native');
const CLANG_FORMAT = 14;

await main(async () => {
  const sanitize = process.argv.includes('--sanitize');
  if (!isFormatted()) return 1;
  const folder = mkdtempSync(join(tmpdir(), 'test-native-'));
  try {
    const program = join(folder, 'convolution_test');
    const sanitizers = ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover'];
    compileNative(join(tests, 'convolution_test.cc'), program, sanitize ? sanitizers : ['-O3']);
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
  const files = [nativeFolder, tests, join(packageRoot, 'bench', 'native')].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(cc|h)$/.test(name))
      .map((name) => join(folder, name)),
  );
  return spawnSync('clang-format', ['--dry-run', '--Werror', ...files], { stdio: 'inherit' }).status === 0;
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
