/**
 * `npm test`: sets up what is missing (CIFAR-10 is not needed), then linter, type check and tests, the fast files before
 * the slow ones. With arguments: the test files that they name, alone.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { main } from './main.mjs';
import { LEVELS, processorLevel } from './native.mjs';
import { setUp } from './setup/index.mjs';
import { packageFolder, packageRoot, projectAt } from './setup/project.mjs';

await main(async () => {
  process.chdir(packageRoot);
  await setUp(projectAt(packageRoot), { withData: false });
  const named = process.argv.slice(2);
  if (named.length > 0) return runTests(named) ? 0 : 1;
  const all = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name))
    .sort();
  const isNative = (/** @type {string} */ name) =>
    /engine\/(batchNorm|convolution|maxPool|padding)\.test/.test(name);
  const isSlow = (/** @type {string} */ name) => name.endsWith('.slow.test.ts');
  /** @type {[what: string, run: () => boolean][]} */
  const parts = [
    [
      'linter',
      () =>
        runNode([join(packageFolder('@biomejs/biome'), 'bin', 'biome'), 'check', '--error-on-warnings', '.']),
    ],
    ['type check', () => runNode([join(packageFolder('typescript'), 'bin', 'tsc'), '-p', '.'])],
    // Node would leave a core free, of which there are often two.
    [
      'fast tests',
      () =>
        runTests(
          all.filter((name) => !isSlow(name)),
          2,
        ),
    ],
    ["TensorFlow.js's tests of its core", () => runNode([join('test', 'engine', 'tfjsCoreSuite.mjs')])],
    ['native kernels', () => runNode([join('scripts', 'testNative.mjs')])],
    // What this processor doesn't take by itself.
    ...otherLevels().map(
      (kernels) =>
        /** @type {[string, () => boolean]} */ ([
          `native operations, RESNET_KERNELS=${kernels}`,
          () => runTests(all.filter(isNative), 2, { RESNET_KERNELS: kernels }),
        ]),
    ),
    // One at a time: each of these has the machine to itself.
    ['slow tests', () => runTests(all.filter(isSlow), 1)],
  ];
  const failed = parts.filter(([what, run]) => {
    console.log(`\n${what}`);
    const began = performance.now();
    const passes = run();
    console.log(`${what}: ${Math.round((performance.now() - began) / 1000)} s`);
    return !passes;
  });
  if (failed.length === 0) return 0;
  console.error(`\nFailed: ${failed.map(([what]) => what).join(', ')}.`);
  return 1;
});

/** What RESNET_KERNELS may name here, but what is taken without it. */
function otherLevels() {
  const level = processorLevel();
  return level === 'portable' ? ['tensorflow'] : [...LEVELS.slice(0, LEVELS.indexOf(level)), 'tensorflow'];
}

/**
 * @param {string[]} files
 * @param {number} atATime
 * @param {NodeJS.ProcessEnv} [settings]
 */
function runTests(files, atATime = 1, settings = {}) {
  const options = ['--test-reporter=spec', `--test-concurrency=${atATime}`];
  return runNode(['--import', 'tsx', '--test', ...options, ...files], settings);
}

/**
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [settings]
 */
function runNode(args, settings = {}) {
  // The same numbers everywhere, to the last digit that is tested: on the CPU.
  const env = { ...process.env, ...settings, CUDA_VISIBLE_DEVICES: '-1' };
  return spawnSync(process.execPath, args, { stdio: 'inherit', env }).status === 0;
}
