/** `resnet-notebooks run` in real kernels: a notebook passes only when every cell was executed. */
import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { run } from '../../scripts/setup/processes.mjs';
import { packageRoot, projectAt } from '../../scripts/setup/project.mjs';

const project = projectAt(packageRoot);
const folder = mkdtempSync(join(project.home, 'test-run ü '));
after(() => rmSync(folder, { recursive: true, force: true }));

type Cell = string | { source: string; tags?: string[]; type?: string };

function writeNotebook(
  name: string,
  cells: Cell[],
  metadata: object = { kernelspec: { name: 'tslab' } },
): string {
  const path = join(folder, name);
  const written = cells.map((cell, i) => {
    const {
      source,
      tags,
      type = 'code',
    }: Exclude<Cell, string> = typeof cell === 'string' ? { source: cell } : cell;
    const code = type === 'code' ? { outputs: [], execution_count: null } : {};
    return { cell_type: type, id: `cell-${i}`, metadata: tags ? { tags } : {}, source, ...code };
  });
  writeFileSync(path, JSON.stringify({ cells: written, metadata, nbformat: 4, nbformat_minor: 5 }));
  return path;
}

/**
 * Runs a notebook by a program of its own, as the command does but for the set-up and for emptying the folder of executed copies.
 *
 * @returns what it printed, whether it passed, and the executed copy
 */
async function runOne(notebook: string) {
  const copy = join(folder, 'executed', `${Math.random()}.ipynb`);
  const program = `
    import { runNotebook } from './scripts/jupyter/runNotebook.mjs';
    import { packageRoot, projectAt } from './scripts/setup/project.mjs';
    console.log('passed:', await runNotebook(projectAt(packageRoot), process.argv[1], process.argv[2]));`;
  const lines: string[] = [];
  await run(process.execPath, ['--input-type=module', '-e', program, notebook, copy], {
    cwd: packageRoot,
    onLine: (line) => lines.push(line),
  });
  const said = lines.join('\n');
  const cells = existsSync(copy) ? JSON.parse(readFileSync(copy, 'utf8')).cells : [];
  return { said, passed: said.endsWith('passed: true'), cells };
}

const textOf = (cell: { outputs: { text?: string | string[] }[] }) =>
  cell.outputs.flatMap(({ text }) => text ?? []).join('');

const mayRaise = (source: string) => ({ source, tags: ['raises-exception'] });

describe('a cell that may raise', { concurrency: 2 }, () => {
  test('a cell that may raise: doesn’t keep the cells below it from being executed', async () => {
    const file = join(folder, 'after.txt');
    const { passed, cells } = await runOne(
      writeNotebook('raises.ipynb', [
        "console.log('before');",
        mayRaise("throw new Error('on purpose');"),
        mayRaise('const wrong: string = 1;'),
        `require('fs').writeFileSync(${JSON.stringify(file)}, 'ran'); console.log('after');`,
      ]),
    );
    assert(passed);
    assert.deepEqual(cells.map(textOf)[3], 'after\n');
    assert(existsSync(file));
    assert.deepEqual(
      cells.map(({ execution_count }: { execution_count: number }) => execution_count),
      [1, 2, 3, 4],
    );
  });

  test('a cell that may raise: doesn’t hide an error in the cell below it', async () => {
    const { passed, said } = await runOne(
      writeNotebook('hidden.ipynb', [mayRaise('throw 1;'), "throw new Error('this fails the run');"]),
    );
    assert(!passed);
    assert.match(said, /hidden: FAILED in cell 2 of 2/);
    assert.match(said, /this fails the run/);
  });

  test('a cell that may raise: may also not raise, as nbclient has it', async () => {
    const { passed } = await runOne(writeNotebook('calm.ipynb', [mayRaise('1;'), '2;']));
    assert(passed);
  });
});

describe('cells that are not executed', { concurrency: 2 }, () => {
  test('cells that are not executed: are those tagged so, which is told, texts, and empty ones', async () => {
    const { passed, said, cells } = await runOne(
      writeNotebook('left out.ipynb', [
        { source: 'throw 1;', tags: ['skip-execution'] },
        { source: 'throw 1;', type: 'raw' },
        { source: 'throw 1;', type: 'markdown' },
        ' \n',
        '// a comment',
        "console.log('ran')",
      ]),
    );
    assert(passed);
    assert.match(said, /left out: passed, 1 of 6 cells skipped by tag/);
    assert.equal(textOf(cells[5]), 'ran\n');
  });

  test('cells that are not executed: fail the notebook where the kernel ended', async () => {
    const { passed, said } = await runOne(writeNotebook('ends.ipynb', ['1;', 'process.exit(0);', '2;']));
    assert(!passed);
    assert.match(said, /ends: FAILED in cell 2 of 3/);
    assert.match(said, /The kernel ended while it executed this cell\./);
    assert.doesNotMatch(said, /Traceback/);
  });

  test('cells that are not executed: fail the notebook where the kernel ended between two cells', async () => {
    const { passed, said } = await runOne(
      writeNotebook('between.ipynb', [
        'setTimeout(() => process.exit(0), 1);',
        'await new Promise(() => {});',
      ]),
    );
    assert(!passed);
    assert.match(said, /between: FAILED in cell 2 of 2/);
  });
});

describe('a notebook', { concurrency: 2 }, () => {
  test('a notebook: may have no code', async () => {
    const { passed, said, cells } = await runOne(
      writeNotebook('text.ipynb', [{ source: '# a', type: 'markdown' }]),
    );
    assert(passed);
    assert.match(said, /text: passed, without a cell of code/);
    assert.equal(cells.length, 1);
  });

  test('a notebook: without a kernel is run as TypeScript, which is told', async () => {
    const { passed, said, cells } = await runOne(
      writeNotebook('no kernel.ipynb', ['const a: number = 1; console.log(a);'], {}),
    );
    assert(passed);
    assert.match(said, /no kernel: passed, by the kernel tslab: it names none/);
    assert.equal(textOf(cells[0]), '1\n');
  });

  test('a notebook: may have a name that programs take for an option or a pattern, and be a link', async () => {
    mkdirSync(join(folder, 'other'));
    const real = writeNotebook('-[a] {b} $c é.ipynb', ['console.log(process.cwd());']);
    const link = join(folder, 'other', 'link.ipynb');
    symlinkSync(real, link);
    for (const [path, where] of [
      [real, folder],
      [link, join(folder, 'other')],
    ]) {
      const { passed, cells } = await runOne(path);
      assert(passed);
      assert.equal(textOf(cells[0]), `${where}\n`, 'each runs in its own folder');
    }
  });

  test('a notebook: that Jupyter finds invalid is refused in a sentence', async () => {
    const path = writeNotebook('invalid.ipynb', [{ source: '1', type: 'picture' }, '1;']);
    const { passed, said } = await runOne(path);
    assert(!passed);
    assert.match(said, /invalid: FAILED.*\n.*The notebook isn't valid: .*picture/);
    assert.doesNotMatch(said, /Traceback/);
  });

  test('a notebook: may write on the kernel’s own stderr what looks like the runner’s events', async () => {
    const { passed } = await runOne(
      writeNotebook('native.ipynb', [
        `require('fs').writeSync(2, '@@{\\n{"kind": "failure"}\\nno end of line');`,
      ]),
    );
    assert(passed);
  });
});
