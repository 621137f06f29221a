/** The command `resnet-notebooks`: what it is told by its arguments, and its exit codes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readJson } from '../../scripts/setup/files.mjs';
import { packageRoot } from '../../scripts/setup/project.mjs';

describe('the command line', () => {
  /** Runs the command in the checkout. */
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
    [['export', '--to', 'onnx'], /export: 0 folders are named\./],
    [['export', 'x'], /export: --to is missing\./],
    [
      ['export', 'x', '--to', 'caffe'],
      /export: --to is "caffe"\.\nGive one of: onnx, safetensors, keras, saved-model\./,
    ],
    [['export', 'x', '--to', 'onnx', '--names', 'article'], /export: onnx has no --names\./],
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

  test('the command line: exports a network for onnxruntime, PyTorch and TensorFlow, or says that there is none', () => {
    const folder = mkdtempSync(join(tmpdir(), 'export-'));
    for (const [format, start] of [
      ['onnx', /^.{4}resnet-notebooks.*BatchNormalization/s],
      ['keras', /^PK.*metadata\.json.*"class_name":"Functional"/s],
      ['safetensors', /^.{8}\{"__metadata__".*"layer1\.0\.features\.0\.weight"/s],
    ] as const) {
      const file = join(folder, `net.${format}`);
      const { status, said } = command('export', 'data/pretrained/resnet8', '--to', format, '--output', file);
      assert.equal(status, 0, said);
      assert.match(readFileSync(file).toString('latin1', 0, 4000), start);
    }
    const saved = join(folder, 'net.saved_model');
    assert.equal(
      command('export', 'data/pretrained/resnet8', '--to', 'saved-model', '--output', saved).status,
      0,
    );
    assert.match(
      readFileSync(join(saved, 'saved_model.pb')).toString('latin1', 0, 4000),
      /serve.*Placeholder/s,
    );
    const { status, said } = command('export', folder, '--to', 'onnx', '--output', join(folder, 'none.onnx'));
    assert.equal(status, 1);
    assert.match(said, /model\.json/);
    assert.equal(existsSync(join(folder, 'none.onnx')), false);
    rmSync(folder, { recursive: true });
  });
});
