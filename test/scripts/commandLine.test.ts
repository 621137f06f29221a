/** The command `resnet-notebooks`: what it is told by its arguments, and its exit codes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readJson } from '../../scripts/setup/files.mjs';
import { packageRoot } from '../../scripts/setup/project.mjs';

describe('the command line', () => {
  /** Runs the command in the checkout; nothing here comes to the set-up. */
  function command(...args: string[]) {
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/cli.mjs', ...args], {
      cwd: packageRoot,
      encoding: 'utf8',
    });
    return { status, said: stdout + stderr };
  }

  test('the command line: tells its version', () => {
    const { version } = readJson(join(packageRoot, 'package.json'));
    for (const option of ['--version', '-v']) {
      assert.deepEqual(command(option), { status: 0, said: `${version}\n` });
    }
  });

  test('the command line: helps, with each command too', () => {
    for (const args of [[], ['help'], ['--help'], ['-h']]) {
      const { status, said } = command(...args);
      assert.equal(status, 0);
      assert.match(said, /run \[NOTEBOOKS\]/);
    }
    for (const args of [
      ['help', 'run'],
      ['run', '--help'],
      ['run', 'x.ipynb', '-h'],
    ]) {
      const { status, said } = command(...args);
      assert.equal(status, 0);
      assert.match(said, /raises-exception/);
    }
  });

  const mistakes: [args: string[], words: RegExp][] = [
    [['launch'], /There is no command launch\./],
    [['--launch'], /There is no option --launch\./],
    [['constructor'], /There is no command constructor\./],
    [['help', 'launch'], /There is no command launch\./],
    [['setup', '--no-date'], /setup: Unknown option '--no-date'\./],
    [['setup', '--no-data=yes'], /setup: .*--no-data/],
    [['setup', 'all'], /setup: Unexpected argument 'all'\./],
    [['run', '--fast'], /run: Unknown option '--fast'\./],
    [['run', 'gone.ipynb'], /There is no notebook .*gone\.ipynb\./],
  ];
  for (const [args, words] of mistakes) {
    test(`the command line: ends with code 2 for ${args.join(' ')}`, () => {
      const { status, said } = command(...args);
      assert.equal(status, 2);
      assert.match(said, words);
      assert.doesNotMatch(said, /^ +at /m);
      assert.ok(said.length <= 600);
    });
  }
});
