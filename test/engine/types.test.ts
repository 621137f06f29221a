/** What TypeScript knows of `tf`, in a notebook and in a project of today. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { after, before, describe, test } from 'node:test';
import ts from 'typescript';

const root = path.resolve(__dirname, '../..');
const kernels: typeof ts = require('@tslab/typescript-for-tslab');

// Inside the project, so that the declarations' own imports are found.
const folder = mkdtempSync(path.join(root, 'node_modules', '.types-'));
const program = path.join(folder, 'program.ts');
after(() => rmSync(folder, { recursive: true, force: true }));

const COMPILERS = {
  'the kernel’s TypeScript': {
    compiler: kernels,
    options: { module: kernels.ModuleKind.CommonJS, moduleResolution: kernels.ModuleResolutionKind.Node10 },
  },
  'TypeScript today': {
    compiler: ts,
    options: { module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  },
};

/** What a compiler has against a program that imports the declarations of lib. */
function complaints(
  source: string,
  { compiler, options }: (typeof COMPILERS)[keyof typeof COMPILERS],
): string[] {
  writeFileSync(program, source);
  const compiled = compiler.createProgram([program], {
    ...options,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: compiler.ScriptTarget.ES2022,
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules', '@types')],
  } as ts.CompilerOptions);
  return compiler
    .getPreEmitDiagnostics(compiled)
    .map(({ messageText }) => compiler.flattenDiagnosticMessageText(messageText, '\n'));
}

before(() => {
  const lib = path.join(root, 'lib');
  const { config } = ts.readConfigFile(path.join(lib, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, lib);
  ts.createProgram([path.join(lib, 'index.ts')], {
    ...options,
    emitDeclarationOnly: true,
    outDir: path.join(folder, 'lib'),
  }).emit();
});

for (const [name, compiler] of Object.entries(COMPILERS)) {
  describe(name, () => {
    test(`${name} knows the types of tf under the name tf`, () => {
      const source = `
        import { compile, resnet10, tf } from './lib';
        const a: tf.Tensor = tf.tensor([1, 2]);
        const b: tf.Tensor2D = tf.ones([2, 2]);
        const v: tf.Variable<tf.Rank.R1> = tf.variable(tf.zeros([3]));
        const net: tf.LayersModel = resnet10({ width: 4 });
        const layer: tf.layers.Layer = tf.layers.dense({ units: 1 });
        const double = compile((x: tf.Tensor2D) => tf.mul(x, 2) as tf.Tensor2D);
        export const shape: tf.Shape = [null, 2];
        export default [a, b, v, net, layer, double];`;
      assert.deepEqual(complaints(source, compiler), []);
    });

    test(`${name} takes TensorFlow.Tensor and tf.Tensor for the same type`, () => {
      const source = `
        import { type TensorFlow, tf } from './lib';
        const a: tf.Tensor = tf.scalar(1);
        export const b: TensorFlow.Tensor = a;
        export const all: typeof TensorFlow = tf;`;
      assert.deepEqual(complaints(source, compiler), []);
    });

    test(`${name} refuses a wrong type of tf`, () => {
      const source = `
        import { tf } from './lib';
        export const a: tf.Tensor = 'text';`;
      assert.deepEqual(complaints(source, compiler), [
        "Type 'string' is not assignable to type 'Tensor<Rank>'.",
      ]);
    });
  });
}

test('tf is the instance that plain TensorFlow.js has', () => {
  const { tf } =
    require('../../lib/engine/runtime/tensorflow') as typeof import('../../lib/engine/runtime/tensorflow');
  assert.equal(tf, require('@tensorflow/tfjs-node-gpu'));
});
