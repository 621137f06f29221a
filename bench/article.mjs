/**
 * `npm run bench:article`: the article's table on this machine, ResNet-18 to 152 for 20 epochs each by the article's recipe, and ResNet-34 by
 * this library's own; written to ARTICLE.md. `npm run bench:article -- rehearse` runs a small setting, prints it, and keeps nothing.
 */
import { fileURLToPath } from 'node:url';
import { main } from '../scripts/main.mjs';
import { writeText } from '../scripts/setup/files.mjs';
import { runSteps, setUp } from '../scripts/setup/index.mjs';
import { packageRoot, projectAt } from '../scripts/setup/project.mjs';
import { cifar10Folder } from '../scripts/setup/steps/data.mjs';
import { Task } from '../scripts/terminal.mjs';
import { Contender } from './contender.mjs';
import { environment } from './environment.mjs';
import { pytorch } from './python.mjs';
import { table } from './results.mjs';
import { typescript, workers } from './typescript.mjs';
import { checkUsesGpu } from './usesGpu.mjs';

const RUNS = [
  ...['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'].map((network) => ({
    network,
    recipe: 'article',
    precision: 'tf32',
  })),
  ...['tf32', 'bfloat16'].map((precision) => ({ network: 'resnet34', recipe: 'oneCycle', precision })),
];

const HEAD = [
  'network',
  'recipe',
  'precision',
  'test accuracy',
  'of the best epoch',
  'time',
  'outside of sessions',
  'on',
];

const WRITTEN = fileURLToPath(new URL('ARTICLE.md', import.meta.url));

await main(async () => {
  const rehearses = process.argv[2] === 'rehearse';
  const { width, epochs, images } = rehearses
    ? { width: 4, epochs: 2, images: 256 }
    : { width: 64, epochs: 20, images: undefined };
  const project = projectAt(packageRoot);
  await setUp(project, { withData: true });
  await runSteps(project, [workers, pytorch]);
  const root = await cifar10Folder(project);
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(2)} %`;
  const where = await environment(project);
  /** @type {(string | number)[][]} */
  const rows = [];
  const report = () =>
    [
      '# The article’s table',
      `Written by \`npm run bench:article\`: ${epochs} epochs each, tests included; batch 128, width ${width}.`,
      where,
      table(HEAD, rows),
    ].join('\n\n');
  for (const run of rehearses ? RUNS.slice(-3) : RUNS) {
    const { network, recipe, precision } = run;
    const task = new Task(`${network}, ${recipe}, ${precision}`, 'trains');
    const changes = { network, precision, width, epochs };
    const command = typescript('run', JSON.stringify({ recipe, changes, root, images, seed: 0 }));
    const contender = new Contender(network, command, { onGpu: true });
    try {
      const used = await contender.ask('device');
      if (!rehearses) checkUsesGpu(used);
      const { seconds, outsideAfterFirst, last, best } = await contender.ask('train');
      const time = `${Math.floor(seconds / 60)} min ${(seconds % 60).toFixed(0)} s`;
      rows.push([
        network,
        recipe,
        precision,
        percent(last),
        percent(best),
        time,
        percent(outsideAfterFirst),
        used.name,
      ]);
      task.end(`trained: ${percent(last)} in ${time}`);
      // After each, so that a failure in a later one loses none.
      if (!rehearses) writeText(WRITTEN, `${report()}\n`);
    } catch (error) {
      task.end('failed');
      throw error;
    } finally {
      await contender.end();
    }
  }
  console.log(report());
  return 0;
});
