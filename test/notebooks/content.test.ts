/** The committed notebooks: their outputs come from their present code, and they carry no noise. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { describe, test } from 'node:test';
import { type Cell, normalForm, notebookText } from '../../scripts/jupyter/normalForm.mjs';
import { codeHash, withOutputs } from '../../scripts/jupyter/outputs.mjs';
import { translationOf } from '../../scripts/jupyter/translation.mjs';

const folder = path.join(path.resolve(__dirname, '../..'), 'notebooks');
const names = readdirSync(folder).filter((name) => /^\d.*\.ipynb$/.test(name));

/** What Jupyter shows without running anything, of a notebook that nobody trusts too. */
const HARMLESS = new Set(['text/plain', 'image/png', 'application/vnd.plotly.v1+json']);

/** Ways to have a program run out of a text cell. */
const SCRIPT = /<\s*(script|iframe|object|embed|link|style|svg)\b|\son\w+\s*=\s*["']|javascript:/i;

/** A text without the code that it shows: blocks between fences, and words between backticks. */
const withoutCode = (markdown: string) => markdown.replace(/```.*?```|`[^`\n]*`/gs, '');

describe('committed notebooks', () => {
  test('committed notebooks are those of the plan', () => {
    const expected = [
      '03_data',
      '04_define_network',
      '05_loss_and_optimizer',
      '06_train',
      '07_test',
      '08_save_model',
      '09_predict',
      '10_summary',
      '11_how_it_is_fast',
      '12_your_own',
      '13_ninety_four',
      '14_several_machines',
      '15_your_own_classes',
    ];
    assert.deepEqual(
      names.sort(),
      expected.map((name) => `${name}.ipynb`),
    );
  });

  test('committed notebooks that train for long say so, and are left out by npm start', () => {
    const long = names.filter(
      (name) => JSON.parse(readFileSync(path.join(folder, name), 'utf8')).metadata.long,
    );
    assert.deepEqual(long, ['13_ninety_four.ipynb']);
  });

  for (const name of names) {
    const file = path.join(folder, name);
    const text = readFileSync(file, 'utf8');
    const notebook = JSON.parse(text);

    test(`committed notebooks ${name} has outputs of its present code, without errors`, () => {
      assert.equal(
        notebook.metadata.outputs_of,
        codeHash(notebook),
        'run `npm start`, then `npm run outputs`',
      );
      const outputs = notebook.cells.flatMap(
        (cell: { outputs?: { output_type: string; name?: string }[] }) => cell.outputs ?? [],
      );
      assert.ok(outputs.length > 0);
      assert.deepEqual(
        outputs.filter((output: { output_type: string }) => output.output_type === 'error'),
        [],
      );
      assert.deepEqual(
        outputs.filter((output: { name?: string }) => output.name === 'stderr'),
        [],
      );
    });

    test(`committed notebooks ${name} runs nothing when it is opened`, () => {
      assert.equal(notebook.metadata.signature, undefined);
      for (const { cell_type, source, metadata, outputs = [], attachments } of notebook.cells) {
        assert.equal(metadata.trusted, undefined);
        assert.equal(attachments, undefined);
        const types = outputs.flatMap(({ data = {} }: { data?: object }) => Object.keys(data));
        assert.deepEqual(
          types.filter((type: string) => !HARMLESS.has(type)),
          [],
        );
        if (cell_type === 'markdown') assert.doesNotMatch(withoutCode([source].flat().join('')), SCRIPT);
      }
    });

    test(`committed notebooks ${name} is in normal form, and is not large`, () => {
      assert.ok(text === notebookText(normalForm(notebook)), 'run `npm run notebooks:normal`');
      assert.ok(statSync(file).size <= 3e6, `${statSync(file).size} bytes`);
    });

    test(`committed notebooks ${name} links to notebooks that are there`, () => {
      const linked = [...text.matchAll(/\]\((\d\d_\w+\.ipynb)\)/g)].map((match) => match[1]);
      assert.deepEqual(
        linked.filter((link) => !names.includes(link)),
        [],
      );
    });
  }
});

test('the Chinese README has the headings, tables and names of the English one', () => {
  const [english, chinese] = ['README.md', 'README.zh.md'].map((name) =>
    readFileSync(path.join(folder, '..', name), 'utf8'),
  );
  const count = (text: string, pattern: RegExp) => text.match(pattern)?.length;
  for (const pattern of [/^#+ /gm, /^\|/gm, /^```/gm]) {
    assert.equal(count(chinese, pattern), count(english, pattern), String(pattern));
  }
  const names = (text: string) =>
    [
      ...text
        .replace(/```.*?```/gs, '')
        .replace(/\n\s*/g, ' ')
        .matchAll(/`[^`]+`/g),
    ]
      .map(([name]) => name)
      .sort();
  assert.deepEqual(names(chinese), names(english));
});

describe('the Chinese notebooks', () => {
  const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([found]) => found).sort();

  for (const name of names) {
    const original = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    const text = readFileSync(path.join(folder, 'zh', name), 'utf8');

    test(`the Chinese notebooks ${name} has the code and the outputs of the English one, and all of its texts`, () => {
      const { notebook, missing } = translationOf(original, JSON.parse(text));
      assert.deepEqual(missing, []);
      assert.ok(text === notebookText(notebook), 'run `npm run notebooks:zh`');
    });

    test(`the Chinese notebooks ${name} names what the English one names, at the same places`, () => {
      const { cells } = JSON.parse(text) as { cells: Cell[] };
      for (const [i, cell] of cells.entries()) {
        if (cell.cell_type !== 'markdown') continue;
        const [english, chinese] = [original.cells[i], cell].map(({ source }) => source.join(''));
        assert.match(chinese, /[\u4e00-\u9fff]/, cell.id);
        const links = all(english, /\]\([^)]*\)/g).map((link) => {
          return link.replace('](../', '](../../').replace('](README.md', '](../README.md');
        });
        assert.deepEqual(all(chinese, /\]\([^)]*\)/g), links.sort(), cell.id);
        for (const pattern of [
          /`[^`\n]+`/g,
          /\$\$[^$]+\$\$|\$[^$\n]+\$/g,
          /^#+ /gm,
          /^\|/gm,
          /^(- |\d+\. )/gm,
        ]) {
          assert.deepEqual(all(chinese, pattern), all(english, pattern), cell.id);
        }
      }
    });
  }
});

describe('the normal form', () => {
  const code = (source: string, cell: object = {}) => ({
    cell_type: 'code',
    id: 'a-name',
    metadata: {},
    source,
    outputs: [],
    ...cell,
  });
  const notebook = (...cells: Cell[]) => ({ cells, metadata: {}, nbformat: 4, nbformat_minor: 5 });

  const saved = {
    cells: [
      code('const a = 1;\na', {
        execution_count: 7,
        metadata: { collapsed: true, execution: { 'iopub.status.busy': '2026-01-01T00:00:00Z' } },
        outputs: [
          { output_type: 'stream', name: 'stdout', text: 'one\n' },
          { output_type: 'stream', name: 'stdout', text: ['two\n'] },
          { output_type: 'execute_result', execution_count: 7, data: { 'text/plain': '1' }, metadata: {} },
        ],
      }),
      { cell_type: 'markdown', id: '3f0c92aa', metadata: {}, source: '# Step 2\n\nWhy?' },
      code('a + 1', { id: '0b0f5a1e-7c64-4d7b-9c3e-0f6f5d1b2a33' }),
      code('a + 1', { id: undefined }),
    ],
    metadata: { widgets: {}, language_info: { version: '5.0.4' }, outputs_of: 'abc' },
    nbformat: 4,
    nbformat_minor: 4,
  };

  test('the normal form counts from 1, joins streams, drops settings and names cells by their words', () => {
    const { cells, metadata, nbformat_minor } = normalForm(saved);
    assert.deepEqual(cells[0], {
      ...code('', { execution_count: 1 }),
      source: ['const a = 1;\n', 'a'],
      outputs: [
        { output_type: 'stream', name: 'stdout', text: ['one\n', 'two\n'] },
        { output_type: 'execute_result', execution_count: 1, data: { 'text/plain': '1' }, metadata: {} },
      ],
    });
    assert.deepEqual(
      cells.map(({ id, execution_count }) => [id, execution_count]),
      [
        ['a-name', 1],
        ['markdown-step-2-why', undefined],
        ['code-a-1', 2],
        ['code-a-1-2', 3],
      ],
    );
    assert.deepEqual(Object.keys(metadata), ['kernelspec', 'language_info', 'outputs_of']);
    assert.equal(metadata.outputs_of, 'abc');
    assert.equal(nbformat_minor, 5);
  });

  test('the normal form is the same when it is taken twice', () => {
    const once = normalForm(saved);
    assert.equal(notebookText(normalForm(once)), notebookText(once));
  });

  test('the normal form has the outputs of a run only with the name of the code that ran', () => {
    const run = notebook(code('1', { outputs: [{ output_type: 'stream', name: 'stdout', text: 'said' }] }));
    const taken = withOutputs(notebook(code('1')), run);
    assert.deepEqual(taken.cells[0].outputs, [{ output_type: 'stream', name: 'stdout', text: ['said'] }]);
    assert.equal(taken.metadata.outputs_of, codeHash(run));
    assert.throws(() => withOutputs(notebook(code('2')), run), /changed since it was executed/);
    const long = { ...notebook(code('1')), metadata: { long: true } };
    assert.equal(withOutputs(long, run).metadata.long, true);
  });
});
