/** The command `resnet-notebooks`: what it is told by its arguments, and its exit codes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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
    [['init', '--language', 'fr'], /init: --language is "fr"\.\nGive one of: en, zh\./],
    [['init'], /init: This is the project itself\./],
    [['train'], /train: --config is missing\./],
    [['train', '--config', 'run.yaml'], /train: --config is "run\.yaml"\./],
    [['train', '--config', 'gone.json'], /train: There is no file gone\.json\./],
    [['evaluate', 'a', 'b'], /evaluate: 2 networks are named\./],
    [['predict'], /predict: no picture is named\./],
    [['predict', 'cat.png', '--tta', 'all'], /predict: --tta is "all"\.\nGive one of: flip, shiftedFlips\./],
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

  test('the command line: says what pictures show, in words and as JSON, and which it can’t read', () => {
    const one = command('predict', 'data/pictures/cat.png');
    assert.equal(one.status, 0);
    assert.match(one.said, /Prediction: cat, \d\d\.\d\d %/);
    const { status, stdout } = spawnSync(
      process.execPath,
      ['scripts/cli.mjs', 'predict', 'data/pictures/ship.jpg', 'README.md', '--network', 'resnet8', '--json'],
      { cwd: packageRoot, encoding: 'utf8' },
    );
    const [ship, readme] = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.equal(status, 1);
    assert.equal(ship.className, 'ship');
    assert.equal(ship.probabilities.ship, ship.probability);
    assert.equal(readme.error.code, 'ERR_IMAGE');
  });

  test('the command line: trains as a JSON or TypeScript file says, evaluates, and goes on', () => {
    const folder = mkdtempSync(join(tmpdir(), 'train-'));
    const [json, typescript] = [join(folder, 'run.json'), join(folder, 'run.ts')];
    const networks = [join(folder, 'a'), join(folder, 'b')];
    writeFileSync(json, JSON.stringify({ profile: 'smoke', epochs: 2, savePath: networks[0] }));
    writeFileSync(
      typescript,
      `import type { RunConfig } from 'resnet-notebooks';
       const epochs: number = 2;
       export default { profile: 'smoke', epochs } satisfies RunConfig;`,
    );
    const first = command('train', '--config', json, '--json');
    const second = command('train', '--config', typescript, '--json', '--save', networks[1]);
    const events = ({ said }: { said: string }) => said.split('\n').filter((line) => line.startsWith('{'));
    assert.equal(first.status, 0, first.said);
    const losses = (run: { said: string }) =>
      events(run)
        .map((line) => JSON.parse(line))
        .filter(({ kind }) => kind === 'epoch')
        .map(({ record }) => record.trainLoss);
    assert.equal(losses(first).length, 2);
    assert.deepEqual(losses(second), losses(first));
    const { savePath, test } = JSON.parse(events(second).at(-1)!);
    assert.equal(savePath, networks[1]);
    // One epoch more: only that is trained.
    writeFileSync(json, JSON.stringify({ profile: 'smoke', epochs: 3, savePath: networks[0] }));
    assert.equal(losses(command('train', '--config', json, '--json')).length, 1);
    assert.ok(test.accuracy > 0 && test.accuracy < 1);
    writeFileSync(json, '{ "profile": "smoke", "epoch": 3 }');
    const unknown = command('train', '--config', json);
    assert.equal(unknown.status, 1);
    assert.match(unknown.said, /There is no setting 'epoch'\./);
    writeFileSync(json, '{');
    assert.match(command('train', '--config', json).said, /run\.json can't be read: /);
    rmSync(folder, { recursive: true });
  });

  test('the command line: evaluates a network on a folder of pictures', () => {
    const folder = mkdtempSync(join(tmpdir(), 'photos-'));
    const pictures = join(packageRoot, 'data', 'pictures');
    for (const file of readdirSync(pictures).filter((name) => !name.endsWith('.md'))) {
      for (const part of ['train', 'test']) {
        const place = join(folder, part, file.split('.')[0]);
        mkdirSync(place, { recursive: true });
        copyFileSync(join(pictures, file), join(place, file));
      }
    }
    const { status, stdout } = spawnSync(
      process.execPath,
      ['scripts/cli.mjs', 'evaluate', 'resnet18', '--images', folder, '--json'],
      { cwd: packageRoot, encoding: 'utf8' },
    );
    assert.equal(status, 0);
    const { images, accuracy, perClass } = JSON.parse(stdout);
    assert.deepEqual([images, accuracy, perClass.cat.total], [10, 1, 1]);
    const others = command('evaluate', 'resnet18', '--images', 'data/photos');
    assert.equal(others.status, 1);
    assert.match(others.said, /output is \[10\], the data set has 4 classes/);
    rmSync(folder, { recursive: true });
  });
});
