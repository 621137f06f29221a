/** Which notebooks `resnet-notebooks run` takes, and what it says of those that it refuses; no kernel is started. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readNotebook } from '../../scripts/jupyter/readNotebook.mjs';
import { copyNames, findNotebooks } from '../../scripts/jupyter/runNotebooks.mjs';
import { run } from '../../scripts/setup/processes.mjs';
import { packageRoot, projectAt } from '../../scripts/setup/project.mjs';
import { temporaryFolder } from '../helpers/temporaryFolder';

const folder = temporaryFolder();
const project = projectAt(folder);

function written(text: string, name = 'a notebook.ipynb'): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** A notebook with one cell of code, and the metadata or other fields that are given. */
const notebook = (metadata: object, others: object = {}) =>
  JSON.stringify({
    cells: [{ cell_type: 'code', id: 'a', metadata: {}, outputs: [], execution_count: null, source: '1' }],
    metadata,
    nbformat: 4,
    nbformat_minor: 5,
    ...others,
  });

const read = (text: string) => readNotebook(written(text), project.venv);

describe('the kernel of a notebook', () => {
  const kernels: [what: string, metadata: object, kernel: string, namesKernel: boolean][] = [
    ['is the one that the notebook names', { kernelspec: { name: 'jslab' } }, 'jslab', true],
    ['is TypeScript’s where nothing is said', {}, 'tslab', false],
    [
      'follows the language where no kernel is named',
      { language_info: { name: 'javascript' } },
      'jslab',
      false,
    ],
    ['follows the language in any case', { language_info: { name: 'TypeScript' } }, 'tslab', false],
    [
      'follows the language of a nameless kernelspec',
      { kernelspec: { language: 'javascript' } },
      'jslab',
      false,
    ],
  ];
  for (const [what, metadata, kernel, namesKernel] of kernels) {
    test(`the kernel of a notebook: ${what}`, () => {
      const found = read(notebook(metadata));
      assert.deepEqual([found.kernel, found.namesKernel], [kernel, namesKernel]);
    });
  }

  test('the kernel of a notebook: of a notebook without code may be any', () => {
    assert.equal(read(notebook({ kernelspec: { name: 'python3' } }, { cells: [] })).hasCode, false);
  });
});

describe('a notebook is refused in words that say what it is', () => {
  const refused: [what: string, text: string, words: RegExp][] = [
    ['an empty file', '\n', /The file is empty\./],
    ['broken JSON', '{"cells": [', /its JSON is broken \(.*JSON/],
    ['a picture', '\x89PNG\r\n', /its JSON is broken/],
    ['a merge conflict', '{\n<<<<<<< HEAD\n}', /merge conflict/],
    ['a list', '[]', /no number `nbformat`/],
    ['null', 'null', /no number `nbformat`/],
    ['another JSON file', '{"name": "x"}', /no number `nbformat`/],
    ['no cells', notebook({}, { cells: undefined }), /`cells` isn't a list/],
    ['a cell without source', notebook({}, { cells: [{ cell_type: 'code' }] }), /`cells` isn't a list/],
    ['format 3', '{"nbformat": 3, "worksheets": []}', /format 3.*\nConvert it: .*nbconvert.*--nbformat 4/],
    ['format 5', notebook({}, { nbformat: 5 }), /format 5; only format 4/],
    ['Python by its kernel', notebook({ kernelspec: { name: 'python3' } }), /It is for the kernel python3\./],
    [
      'Python by its language',
      notebook({ language_info: { name: 'python' } }),
      /It is a notebook in python\./,
    ],
    [
      'a language like a method of objects',
      notebook({ language_info: { name: 'constructor' } }),
      /in constructor/,
    ],
  ];
  for (const [what, text, words] of refused) {
    test(`a notebook is refused in words that say what it is: ${what}`, () => {
      assert.throws(
        () => read(text),
        ({ name, message }: Error) => {
          assert.equal(name, 'SetupError');
          assert.match(message, words);
          assert.ok(message.length <= 600, `${message.length} characters`);
          return true;
        },
      );
    });
  }

  test('a notebook is refused in words that say what it is: a folder and a pipe', () => {
    mkdirSync(join(folder, 'folder.ipynb'));
    assert.throws(() => readNotebook(join(folder, 'folder.ipynb'), project.venv), /It is a folder\./);
    assert.equal(spawnSync('mkfifo', [join(folder, 'pipe.ipynb')]).status, 0);
    assert.throws(() => readNotebook(join(folder, 'pipe.ipynb'), project.venv), /isn't an ordinary file/);
  });
});

test('the command that a notebook of format 3 is refused with makes one that is taken', async () => {
  const old = JSON.stringify({
    metadata: { name: '' },
    nbformat: 3,
    nbformat_minor: 0,
    worksheets: [
      {
        cells: [
          { cell_type: 'code', collapsed: false, input: '1', language: 'ts', metadata: {}, outputs: [] },
        ],
      },
    ],
  });
  const path = written(old, "it's old.ipynb");
  let command = '';
  assert.throws(
    () => readNotebook(path, projectAt(packageRoot).venv),
    ({ message }: Error) => {
      command = /Convert it: (.*)/.exec(message)?.[1] ?? '';
      return true;
    },
  );
  await run('sh', ['-c', command]);
  assert.equal(readNotebook(path, project.venv).hasCode, true);
});

describe('notebooks on the command line', () => {
  const one = written(notebook({}), 'one two.ipynb');
  const other = join(folder, 'other');
  mkdirSync(other);
  const namesake = written(notebook({}), 'other/one two.ipynb');
  symlinkSync(one, join(other, 'link.ipynb'));

  test('notebooks on the command line: are found with and without their ending', () => {
    assert.deepEqual(findNotebooks(project, [one.replace('.ipynb', '')]), [one]);
    mkdirSync(join(folder, 'both'));
    const both = written(notebook({}), 'both.ipynb');
    assert.deepEqual(findNotebooks(project, [join(folder, 'both')]), [both], 'not the folder beside it');
  });

  test('notebooks on the command line: run once where they are named twice', () => {
    assert.deepEqual(findNotebooks(project, [one, join(folder, '.', 'one two'), namesake]), [one, namesake]);
  });

  test('notebooks on the command line: that are not there are named before anything is set up', () => {
    assert.throws(() => findNotebooks(project, [one, join(folder, 'gone')]), /There is no notebook .*gone\./);
  });

  test('notebooks on the command line: have executed copies that don’t overwrite each other', () => {
    assert.deepEqual(copyNames([one, join(other, 'link.ipynb')]), ['one two.ipynb', 'link.ipynb']);
    assert.deepEqual(copyNames([one, namesake]), ['one two.ipynb', 'other/one two.ipynb']);
    assert.deepEqual(copyNames(['/a/x/n.ipynb', '/a/y/N.ipynb', '/b/m.ipynb']), [
      'x/n.ipynb',
      'y/N.ipynb',
      'm.ipynb',
    ]);
    assert.deepEqual(copyNames(['/a/n.ipynb', '/b/n.ipynb']), ['a/n.ipynb', 'b/n.ipynb']);
    assert.deepEqual(copyNames(['/a/n.ipynb', '/a/n']), ['n.ipynb', 'n']);
  });
});
