/**
 * `npm run bench`: measures this library beside PyTorch and plain TensorFlow.js, and writes RESULTS.md.
 *
 * Arguments name a section or one part of it, `steps` or `steps resnet18-16-128`; without any, all is measured. What was measured
 * before stays in RESULTS.md until it is measured again.
 */
import { main } from '../scripts/main.mjs';
import { SetupError } from '../scripts/setup/errors.mjs';
import { runSteps, setUp } from '../scripts/setup/index.mjs';
import { packageRoot, projectAt } from '../scripts/setup/project.mjs';
import { Task } from '../scripts/terminal.mjs';
import { environment, processor } from './environment.mjs';
import { pytorch } from './python.mjs';
import { keep } from './results.mjs';
import { calls } from './sections/calls.mjs';
import { compile } from './sections/compile.mjs';
import { epoch } from './sections/epoch.mjs';
import { kernels } from './sections/kernels.mjs';
import { options } from './sections/options.mjs';
import { precision } from './sections/precision.mjs';
import { severalMachines } from './sections/severalMachines.mjs';
import { steady } from './sections/steady.mjs';
import { steps } from './sections/steps.mjs';
import { workers } from './typescript.mjs';

const SECTIONS = [steps, kernels, calls, options, epoch, compile, precision, steady, severalMachines];

await main(async () => {
  const named = process.argv.slice(2).join(' ');
  const parts = SECTIONS.flatMap(({ needsData, parts }) => parts.map((part) => ({ ...part, needsData })));
  const chosen = parts.filter(({ name }) => named === '' || `${name} `.startsWith(`${named} `));
  if (chosen.length === 0) {
    const names = parts.map(({ name }) => `  npm run bench -- ${name}`).join('\n');
    throw new SetupError(`There is no ${named} to measure.`, `There are:\n${names}`);
  }
  const project = projectAt(packageRoot);
  await setUp(project, { withData: chosen.some(({ needsData }) => needsData) });
  await runSteps(project, [workers, pytorch]);
  const where = await environment(project);
  console.log(where);
  for (const { name, measure } of chosen) {
    const task = new Task(name, 'starts');
    try {
      const text = await measure({ project, update: (detail) => task.update(detail) });
      task.end('measured');
      console.log(`\n${text}\n`);
      keep(SECTIONS, processor(), name, { environment: where, text });
    } catch (error) {
      task.end('failed');
      throw error;
    }
  }
  return 0;
});
