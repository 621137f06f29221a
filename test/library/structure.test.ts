/** The folders of the library: which may import which; that exports have doc comments; that tslab's TypeScript reads the types. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { after, test } from 'node:test';
import ts from 'typescript';

const root = path.resolve(__dirname, '../..');
const lib = path.join(root, 'lib');

/** What each folder may import beside itself and the folders in it; of `types` it may use types only. */
const IMPORTS: Record<string, { folders: string[]; files?: string[]; types?: string[] }> = {
  'engine/runtime': { folders: [] },
  'engine/recording': { folders: ['engine/runtime'] },
  'engine/kernels': { folders: ['engine/runtime', 'engine/recording', 'engine/operations'] },
  'engine/operations': { folders: ['engine/runtime', 'engine/recording', 'engine/kernels'] },
  engine: { folders: [] },
  'data/download': { folders: ['data'] },
  image: { folders: [] },
  data: { folders: ['engine', 'image'] },
  models: { folders: ['engine', 'data'] },
  'training/optimizer': { folders: ['engine', 'models'] },
  'training/schedule': { folders: ['training/optimizer'] },
  'training/step': { folders: ['engine', 'models', 'training/optimizer'], types: ['data'] },
  training: { folders: ['engine', 'data', 'models'] },
  prediction: { folders: ['engine', 'image', 'data', 'models'] },
  'charts/drawing': { folders: ['charts'], types: ['image', 'data'] },
  // A run's records are plain numbers, without TensorFlow.
  charts: {
    folders: ['image'],
    files: ['training/history', 'training/compareRuns'],
    types: ['data', 'models', 'training', 'prediction'],
  },
  'notebook/kernel': { folders: [] },
  notebook: { folders: ['engine', 'image', 'data', 'models', 'training', 'prediction', 'charts'] },
};

/** Files beside the folders that any of them may import. */
const SHARED = new Set(['errors', 'checks', 'showAs', 'files', 'threads', 'ownPackage']);

const isIn = (file: string, folder: string) => file.startsWith(`${folder}/`);

/** Every file of the library but those beside the folders, as `models/resNet.ts`. */
const files = readdirSync(lib, { recursive: true, encoding: 'utf8' })
  .map((name) => name.split(path.sep).join('/'))
  .filter((name) => name.endsWith('.ts') && name.includes('/') && !isIn(name, 'dist'));

/** The files of this library that a file imports, and whether for their types only. */
function importsOf(file: string): { target: string; typesOnly: boolean }[] {
  const text = readFileSync(path.join(lib, file), 'utf8');
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022);
  return source.statements.flatMap((statement) => {
    const isImport = ts.isImportDeclaration(statement);
    if (!isImport && !ts.isExportDeclaration(statement)) return [];
    const specifier = (statement.moduleSpecifier as ts.StringLiteral | undefined)?.text;
    if (!specifier?.startsWith('.')) return [];
    const named = isImport ? statement.importClause?.namedBindings : undefined;
    const allTypes =
      named && ts.isNamedImports(named) && named.elements.every((element) => element.isTypeOnly);
    const typesOnly = isImport
      ? Boolean(statement.importClause?.isTypeOnly || allTypes)
      : statement.isTypeOnly;
    return [{ target: path.posix.join(path.posix.dirname(file), specifier), typesOnly }];
  });
}

test('the folders of the library are those of docs/architecture.md', () => {
  const page = readFileSync(path.join(root, 'docs', 'architecture.md'), 'utf8');
  const folders = new Set(files.map((file) => path.posix.dirname(file)));
  folders.delete('engine/recording/check');
  const missing = [...folders].filter(
    (folder) =>
      !page.includes(`\`${folder}`) &&
      !page.includes(`/${folder.split('/')[1]}`) &&
      !page.includes(`\`${folder.split('/')[1]}\``),
  );
  assert.deepEqual(missing, []);
  const named = [
    ...page.matchAll(/`((?:engine|image|data|models|training|prediction|charts|notebook)\/[\w/]+\.ts)`/g),
  ];
  assert.ok(named.length > 5);
  for (const [, file] of named) assert.ok(files.includes(file), `${file} is named there`);
});

for (const [folder, { folders, files: single = [], types = [] }] of Object.entries(IMPORTS)) {
  test(`files in lib/${folder} import only from the folders they may`, () => {
    const wrong = files
      .filter((file) => isIn(file, folder))
      .flatMap((file) =>
        importsOf(file)
          .filter(({ target, typesOnly }) => {
            if (isIn(target, folder) || SHARED.has(target) || single.includes(target)) return false;
            if (folders.some((other) => isIn(target, other))) return false;
            return !(typesOnly && types.some((other) => isIn(target, other)));
          })
          .map(({ target }) => `${file} → ${target}`),
      );
    assert.deepEqual(wrong, []);
  });
}

test('every folder of the library has a rule for its imports', () => {
  const known = Object.keys(IMPORTS);
  assert.deepEqual(
    files.filter((file) => !known.some((folder) => isIn(file, folder))),
    [],
  );
});

test('only lib/engine imports TensorFlow.js', () => {
  const wrong = files.filter(
    (file) => !isIn(file, 'engine') && readFileSync(path.join(lib, file), 'utf8').includes("'@tensorflow/"),
  );
  assert.deepEqual(wrong, []);
});

test('no file of the library is longer than 300 lines, no folder has more than 20 files', () => {
  const long = files.filter((file) => readFileSync(path.join(lib, file), 'utf8').split('\n').length > 301);
  assert.deepEqual(long, []);
  const counts = new Map<string, number>();
  for (const file of files) {
    const folder = path.posix.dirname(file);
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  assert.deepEqual(
    [...counts].filter(([, count]) => count > 20),
    [],
  );
});

test('no line of the C++ is longer than 120 columns', () => {
  for (const folder of [path.join(lib, 'engine', 'native'), path.join(root, 'test', 'native')]) {
    for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(cc|h)$/.test(name)) continue;
      const long = readFileSync(path.join(folder, name), 'utf8')
        .split('\n')
        .filter((line) => line.length > 120);
      assert.deepEqual(long, [], name);
    }
  }
});

const program = ts.createProgram([path.join(lib, 'index.ts')], {
  ...ts.parseJsonConfigFileContent(
    ts.readConfigFile(path.join(lib, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    lib,
  ).options,
});
const out = mkdtempSync(path.join(root, 'node_modules', '.declarations-'));
after(() => rmSync(out, { recursive: true, force: true }));

test('every export of the library has a doc comment', () => {
  const checker = program.getTypeChecker();
  const index = checker.getSymbolAtLocation(program.getSourceFile(path.join(lib, 'index.ts'))!)!;
  const unexplained = checker
    .getExportsOfModule(index)
    .filter(({ name }) => !['TensorFlow', 'tf'].includes(name)) // another package, as a whole
    .map((symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol))
    .filter((symbol) => symbol.getDocumentationComment(checker).length === 0)
    .map(({ name }) => name);
  assert.deepEqual(unexplained, []);
});

test('the declarations of the library are read by the TypeScript of the kernel', () => {
  program.emit(undefined, (file, text) => {
    if (file.endsWith('.d.ts'))
      ts.sys.writeFile(path.join(out, path.relative(path.join(lib, 'dist'), file)), text);
  });
  const old: typeof ts = require('@tslab/typescript-for-tslab');
  assert.match(old.version, /^5\.0\./);
  const reader = old.createProgram([path.join(out, 'index.d.ts')], {
    strict: true,
    target: old.ScriptTarget.ES2018,
    moduleResolution: old.ModuleResolutionKind.Node10,
    types: ['node'],
    typeRoots: [path.join(root, 'node_modules', '@types')],
  });
  const ours = reader
    .getSourceFiles()
    .filter(({ fileName }) => fileName.startsWith(out))
    .flatMap((source) => [
      ...reader.getSyntacticDiagnostics(source),
      ...reader.getSemanticDiagnostics(source),
    ])
    .map(
      ({ messageText, file }) => `${file?.fileName}: ${old.flattenDiagnosticMessageText(messageText, '\n')}`,
    );
  assert.deepEqual(ours, []);
});
