/**
 * The package as another project sees it: what its names lead to, at run time and for each of TypeScript's ways to resolve them.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, test } from 'node:test';
import ts from 'typescript';

const root = path.resolve(__dirname, '../..');
const project = mkdtempSync(path.join(tmpdir(), 'package-imports-'));
after(() => rmSync(project, { recursive: true, force: true }));
mkdirSync(path.join(project, 'node_modules'));
symlinkSync(root, path.join(project, 'node_modules', 'resnet-notebooks'), 'junction');
writeFileSync(path.join(project, 'package.json'), '{ "name": "another", "private": true }\n');

const program = `
import { CLASS_NAMES, Dataset } from 'resnet-notebooks/data';
import { type Figure, perClassChart } from 'resnet-notebooks/charts';
import * as core from 'resnet-notebooks/core';
import { type History, train } from 'resnet-notebooks';
export const figure: Figure = perClassChart({ accuracy: 0, perClass: [] });
export const tables: [typeof train, typeof core.train] = [train, core.train];
export const wrong: number = new Dataset(new Uint8Array(3072), new Uint8Array(1), CLASS_NAMES).classNames;
export const history: Promise<History> | undefined = undefined;
`;
const file = path.join(project, 'program.ts');
writeFileSync(file, program);

const { ModuleKind: Kind, ModuleResolutionKind: Resolution } = ts;
const compilers: [name: string, compiler: typeof ts, options: ts.CompilerOptions][] = [
  ['node10', ts, { module: Kind.CommonJS, moduleResolution: Resolution.Node10 }],
  ['node16', ts, { module: Kind.Node16, moduleResolution: Resolution.Node16 }],
  ['nodenext', ts, { module: Kind.NodeNext, moduleResolution: Resolution.NodeNext }],
  ['bundler', ts, { module: Kind.ESNext, moduleResolution: Resolution.Bundler }],
];
const next: typeof ts = require('typescript6');
compilers.push([
  'nodenext of TypeScript 6',
  next,
  { module: Kind.NodeNext, moduleResolution: Resolution.NodeNext },
]);
const kernels: typeof ts = require('@tslab/typescript-for-tslab');
compilers.push([
  'node10 of the kernel',
  kernels,
  { module: Kind.CommonJS, moduleResolution: Resolution.Node10 },
]);

for (const [name, compiler, options] of compilers) {
  test(`types are found by moduleResolution ${name}`, () => {
    const typeRoots = [path.join(root, 'node_modules', '@types')];
    const all = { ...options, strict: true, noEmit: true, skipLibCheck: true, types: ['node'], typeRoots };
    const checked = compiler.createProgram([file], { ...all, target: ts.ScriptTarget.ES2022 });
    const said = compiler
      .getPreEmitDiagnostics(checked)
      .map(({ messageText }) => compiler.flattenDiagnosticMessageText(messageText, ' '));
    assert.deepEqual(said, ["Type 'readonly string[]' is not assignable to type 'number'."]);
  });
}

test('types are found by moduleResolution nodenext of TypeScript 7', () => {
  const settings = { strict: true, noEmit: true, skipLibCheck: true, module: 'nodenext', target: 'es2022' };
  const compilerOptions = {
    ...settings,
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules', '@types')],
  };
  const tsconfig = path.join(project, 'tsconfig.json');
  writeFileSync(tsconfig, JSON.stringify({ compilerOptions, files: [file] }));
  const tsc = path.join(path.dirname(require.resolve('typescript7/package.json')), 'bin', 'tsc');
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', tsconfig, '--pretty', 'false'], {
    encoding: 'utf8',
  });
  const said = stdout.trim().split('\n');
  assert.equal(said.length, 1, stdout);
  assert.match(said[0], /Type 'readonly string\[\]' is not assignable to type 'number'\.$/);
});

/** Runs a program in the other project, where TensorFlow.js can't be loaded. */
function run(text: string, ...options: string[]) {
  const guard = path.join(project, 'guard.cjs');
  writeFileSync(
    guard,
    `const Module = require('node:module');
     const { _load } = Module;
     Module._load = (name, ...rest) => {
       if (name.includes('tfjs')) throw new Error('loads ' + name);
       return _load(name, ...rest);
     };`,
  );
  return spawnSync(process.execPath, ['--require', guard, ...options, '-e', text], {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

test('charts and data are used by name without TensorFlow', () => {
  const { stdout, stderr } = run(`
    const { figureToPng, filterChart, perClassChart } = require('resnet-notebooks/charts');
    const { CLASS_NAMES, loadCifar10 } = require('resnet-notebooks/data');
    loadCifar10({ sample: true }).then(async ({ train }) => {
      const perClass = CLASS_NAMES.map((className) => ({ className, total: 4, correct: 3, accuracy: 0.75 }));
      const png = await figureToPng(perClassChart({ accuracy: 0.75, perClass }));
      console.log(train.length, png.length > 5000);
    });`);
  assert.equal(stdout, '400 true\n', stderr);
});

test('an ES module imports charts and data by name', () => {
  const { stdout, stderr } = run(
    `import { lossChart } from 'resnet-notebooks/charts';
     import { Dataset } from 'resnet-notebooks/data';
     console.log(typeof lossChart, typeof Dataset);`,
    '--input-type=module',
  );
  assert.equal(stdout, 'function function\n', stderr);
});

test('the core neither prints nor listens to signals, and leaves the process alone', () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [
      '-e',
      `const before = process.eventNames().sort().join();
       const { crossEntropy, DataLoader, evaluate, loadCifar10, resnet10, SGD, train } = require('resnet-notebooks/core');
       (async () => {
         const { train: images } = await loadCifar10({ sample: true });
         const loader = new DataLoader(images.subset(32), { batchSize: 16 });
         const net = resnet10({ width: 4 });
         const seen = [];
         const watching = setInterval(() => seen.push(process.listenerCount('SIGINT') + process.listenerCount('SIGTERM')), 5);
         await train(net, loader, loader, { epochs: 1, optimizer: new SGD({ lr: 0.1 }), criterion: crossEntropy() });
         await evaluate(net, loader);
         clearInterval(watching);
         process.stderr.write(JSON.stringify([before === process.eventNames().sort().join(), Math.max(...seen)]));
       })();`,
    ],
    { cwd: project, encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } },
  );
  assert.deepEqual({ stdout, stderr }, { stdout: '', stderr: '[true,0]' });
});

test('the package brings each file that its README and its notebooks lead to', () => {
  const packed = spawnSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  });
  const names = new Set<string>(JSON.parse(packed.stdout)[0].files.map(({ path }: { path: string }) => path));
  const linked = ['README.md', 'README.zh.md', 'notebooks/README.md'].flatMap((from) =>
    Array.from(
      readFileSync(path.join(root, from), 'utf8').matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g),
      ([, to]) =>
        path.posix
          .join(path.posix.dirname(from), to)
          // From where `init` copies them.
          .replace(/^notebooks\/(?=\d)/, 'lib/dist/notebooks/en/')
          .replace('notebooks/zh/', 'lib/dist/notebooks/zh/'),
    ),
  );
  assert.ok(linked.length > 10);
  const missing = linked.filter(
    (name) => !names.has(name) && ![...names].some((file) => file.startsWith(`${name}/`)),
  );
  assert.deepEqual(missing, []);
  assert.ok(names.has('lib/package.json'), 'notebooks import ../lib');
  assert.ok(existsSync(path.join(root, 'lib', 'dist', 'core.js')));
});
