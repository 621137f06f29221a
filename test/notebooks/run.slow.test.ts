/** All notebooks, re-executed by nbconvert with the stock kernel, as `npm start` does, at the smallest profile. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { after, describe, test } from 'node:test';
import { runNotebook } from '../../scripts/jupyter/runNotebook.mjs';
import { packageRoot, projectAt } from '../../scripts/setup/project.mjs';

const project = projectAt(packageRoot);
const executed = mkdtempSync(path.join(tmpdir(), 'notebooks-'));
after(() => rmSync(executed, { recursive: true, force: true }));

interface CellOutput {
  output_type: string;
  name?: string;
  text?: string | string[];
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
