/** The set-up as a whole, in this checkout: quick when all is there, and one that was killed is completed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { run } from '../../scripts/setup/processes.mjs';
import { packageRoot } from '../../scripts/setup/project.mjs';

const folder = mkdtempSync(join(tmpdir(), 'set-up '));
after(() => rmSync(folder, { recursive: true, force: true }));

test('a second set-up takes less than 2 seconds', async () => {
  const setUp = () => run(process.execPath, ['scripts/cli.mjs', 'setup', '--no-data'], { cwd: packageRoot });
  await setUp();
  const began = performance.now();
  assert.match(await setUp(), /^Set-up: all is there/);
  assert(performance.now() - began < 2000);
});

test('after a kill the next set-up waits for the program left over, then completes the work', async () => {
  const program = join(folder, 'slow.mjs');
  const index = pathToFileURL(join(packageRoot, 'scripts/setup/index.mjs')).href;
  const project = pathToFileURL(join(packageRoot, 'scripts/setup/project.mjs')).href;
  // The step's program works for two seconds; the file that it then writes must come from one at a time.
  writeFileSync(
    program,
    `import { existsSync, writeFileSync } from 'node:fs';
     import { runSteps } from ${JSON.stringify(index)};
     import { projectAt } from ${JSON.stringify(project)};
     await runSteps(projectAt(${JSON.stringify(folder)}), [{
       name: 'Slow', needs: [], fix: '', describe: () => 'works',
       isDone: ({ root }) => existsSync(root + '/done'),
       async run({ root }, { run }) {
         await run('sh', ['-c', 'mkdir "$0/busy" && sleep 2 && rmdir "$0/busy"', root]);
         writeFileSync(root + '/done', '');
         return 'worked';
       },
     }]);`,
  );
  const first = spawn(process.execPath, [program], { stdio: 'ignore' });
  while (!existsSync(join(folder, 'busy'))) await new Promise((resolve) => setTimeout(resolve, 20));
  first.kill('SIGKILL');
  const said = await run(process.execPath, [program]);
  assert.match(said, /another one \(process \d+\) is at work in this project; waiting for it\./);
  assert.match(said, /Slow: worked/);
  assert(existsSync(join(folder, 'done')));
});
