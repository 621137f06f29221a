/** All notebooks, re-executed by nbconvert with the stock kernel, as `npm start` does, at the smallest profile. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, describe, test } from 'node:test';
import { runNotebook } from '../../scripts/jupyter/runNotebook.mjs';
import { setUp } from '../../scripts/setup/index.mjs';
import { packageRoot, projectAt } from '../../scripts/setup/project.mjs';

const project = projectAt(packageRoot);
const executed = mkdtempSync(path.join(tmpdir(), 'notebooks-'));
after(() => rmSync(executed, { recursive: true, force: true }));

interface CellOutput {
  output_type: string;
  name?: string;
  text?: string | string[];
  data?: Record<string, string | string[]>;
}

process.env.PROFILE = 'smoke';

// Two at a time, so that none can lean on what an earlier one left.
describe('the notebooks with PROFILE=smoke', { concurrency: 2 }, () => {
  const folder = path.join(packageRoot, 'notebooks');
  for (const name of readdirSync(folder).filter((file) => /^\d.*\.ipynb$/.test(file))) {
    test(`the notebooks with PROFILE=smoke ${name} runs from top to bottom, without a word on stderr`, async () => {
      assert.ok(await runNotebook(project, path.join(folder, name), path.join(executed, name)));
      const { cells } = JSON.parse(readFileSync(path.join(executed, name), 'utf8'));
      const outputs: CellOutput[] = cells.flatMap((cell: { outputs?: CellOutput[] }) => cell.outputs ?? []);
      assert.deepEqual(
        outputs
          .filter((output) => output.output_type === 'error' || output.name === 'stderr')
          .map(({ text }) => text),
        [],
      );
    });
  }
});

describe("the notebooks by Deno's kernel", () => {
  /** What each cell shows: its printed text, and its images and their texts; without how long things took, and whether a folder was there. */
  function shown(name: string) {
    const { cells } = JSON.parse(readFileSync(path.join(executed, name), 'utf8'));
    return cells.map(({ outputs = [] }: { outputs?: CellOutput[] }) => {
      const printed = outputs.flatMap(({ text = [] }) => text).join('');
      const others = outputs.flatMap(({ data }) =>
        data ? [[[data['text/plain'] ?? ''].flat().join(''), data['image/png']]] : [],
      );
      return JSON.stringify([printed.trimEnd(), others]).replace(
        /seconds: [\d.]+|Time \d\d:\d\d|\d\d:\d\d|[\d.]+ (kB|minutes)|(Made the|The) folder [^\\]+/g,
        '',
      );
    });
  }

  for (const name of ['03_data.ipynb', '06_train.ipynb']) {
    test(`the notebooks by Deno's kernel: ${name} shows the same as by tslab`, async () => {
      const byTslab = shown(name);
      process.env.KERNEL = 'deno';
      try {
        await setUp(project, { withData: false });
        assert.ok(
          await runNotebook(project, path.join(packageRoot, 'notebooks', name), path.join(executed, name)),
        );
      } finally {
        delete process.env.KERNEL;
      }
      assert.deepEqual(shown(name), byTslab);
    });
  }
});
