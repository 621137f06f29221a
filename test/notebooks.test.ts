/** The committed notebooks: their outputs come from their present code, and they carry no noise. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { describe, it } from 'node:test';
import { codeHash, notebookText, withOutputs } from '../scripts/jupyter/outputs.mjs';

const folder = path.join(path.dirname(__dirname), 'notebooks');
const names = readdirSync(folder).filter((name) => /^\d.*\.ipynb$/.test(name));

/** What Jupyter shows without running anything, of a notebook that nobody trusts too. */
const HARMLESS = new Set(['text/plain', 'image/png', 'application/vnd.plotly.v1+json']);

/** Ways to have a program run out of a text cell. */
const SCRIPT = /<\s*(script|iframe|object|embed|link|style|svg)\b|\son\w+\s*=\s*["']|javascript:/i;

/** A text without the code that it shows: blocks between fences, and words between backticks. */
const withoutCode = (markdown: string) => markdown.replace(/```.*?```|`[^`\n]*`/gs, '');

describe('committed notebooks', () => {
  it('are those of the plan', () => {
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
    ];
    assert.deepEqual(
      names.sort(),
      expected.map((name) => `${name}.ipynb`),
    );
  });

  for (const name of names) {
    const file = path.join(folder, name);
    const text = readFileSync(file, 'utf8');
    const notebook = JSON.parse(text);

    it(`${name} has outputs of its present code, without errors`, () => {
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

    it(`${name} runs nothing when it is opened`, () => {
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

    it(`${name} is written as the command writes it, and is not large`, () => {
      assert.equal(text, notebookText(withOutputs(notebook, notebook)));
      assert.ok(statSync(file).size < 1.2e6, `${statSync(file).size} bytes`);
    });

    it(`${name} links to notebooks that are there`, () => {
      const linked = [...text.matchAll(/\]\((\d\d_\w+\.ipynb)\)/g)].map((match) => match[1]);
      assert.deepEqual(
        linked.filter((link) => !names.includes(link)),
        [],
      );
    });
  }
});
