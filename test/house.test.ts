/** The house keeps its order: imports follow the arrows, exports are explained, and tslab's TypeScript reads the types. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import * as path from 'node:path';
import { after, describe, it } from 'node:test';
import ts from 'typescript';

const root = path.dirname(__dirname);
const lib = path.join(root, 'lib');

/** What each room may import; `types` are rooms of which it may use types only. */
const ARROWS: Record<string, { rooms: string[]; types?: string[] }> = {
  engine: { rooms: [] },
  data: { rooms: ['engine'] },
  models: { rooms: ['engine'], types: ['data'] },
  training: { rooms: ['engine', 'data', 'models'] },
  prediction: { rooms: ['engine', 'data', 'models'] },
  charts: { rooms: [], types: ['data', 'models', 'training', 'prediction'] },
  notebook: { rooms: ['engine', 'data', 'models', 'training', 'prediction', 'charts'] },
};

const OPEN_TO_ALL = new Set(['errors', 'checks', 'showAs']);

const roomOf = (file: string) => path.relative(lib, file).split(path.sep)[0];

function filesOf(room: string): string[] {
  return readdirSync(path.join(lib, room), { recursive: true })
    .map((name) => path.join(lib, room, String(name)))
    .filter((file) => file.endsWith('.ts'));
}

/** The files of this library that a file imports, and whether for their types only. */
function importsOf(file: string): { target: string; typesOnly: boolean }[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022);
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
    return [{ target: path.resolve(path.dirname(file), specifier), typesOnly }];
  });
}

describe('rooms', () => {
  it('are those of the plan, and no others', () => {
    const folders = readdirSync(lib, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    assert.deepEqual(
      folders
        .map(({ name }) => name)
        .filter((name) => name !== 'dist')
        .sort(),
      Object.keys(ARROWS).sort(),
    );
  });

  for (const [room, { rooms, types = [] }] of Object.entries(ARROWS)) {
    it(`${room} imports along the arrows`, () => {
      const wrong = filesOf(room).flatMap((file) =>
        importsOf(file)
          .filter(({ target, typesOnly }) => {
            const other = roomOf(target);
            if (other === room || OPEN_TO_ALL.has(other)) return false;
            return !rooms.includes(other) && !(typesOnly && types.includes(other));
          })
          .map(({ target }) => `${path.relative(lib, file)} → ${path.relative(lib, target)}`),
      );
      assert.deepEqual(wrong, []);
    });
  }

  it('reach TensorFlow.js through one door', () => {
    const wrong = Object.keys(ARROWS)
      .flatMap(filesOf)
      .filter((file) => roomOf(file) !== 'engine' && readFileSync(file, 'utf8').includes("'@tensorflow/"));
    assert.deepEqual(wrong, []);
  });
});

describe('the public surface', () => {
  const program = ts.createProgram([path.join(lib, 'index.ts')], {
    ...ts.parseJsonConfigFileContent(
      ts.readConfigFile(path.join(lib, 'tsconfig.json'), ts.sys.readFile).config,
      ts.sys,
      lib,
    ).options,
  });
  const out = mkdtempSync(path.join(root, 'node_modules', '.declarations-'));
  after(() => rmSync(out, { recursive: true, force: true }));

  it('is explained: every export has a doc comment', () => {
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

  it('has declarations that the kernel’s TypeScript reads', () => {
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
        ({ messageText, file }) =>
          `${file?.fileName}: ${old.flattenDiagnosticMessageText(messageText, '\n')}`,
      );
    assert.deepEqual(ours, []);
  });
});
