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
import { pytorch } from './pytorch.mjs';
import { table } from './results.mjs';
import { typescript, workers } from './typescript.mjs';

const RUNS = [
  ...['resnet18', 'resnet34', 'resnet50', 'resnet101', 'resnet152'].map((network) => ({
    network,
    recipe: 'article',
    precision: 'tf32',
  })),
  ...['tf32', 'bfloat16'].map((precision) => ({ network: 'resnet34', recipe: 'own', precision })),
];

const WRITTEN = fileURLToPath(new URL('ARTICLE.md', import.meta.url));

await main(async () => {
  const rehearses = process.argv[2] === 'rehearse';
  const [width, epochs, images] = rehearses ? [4, 2, [256]] : [64, 20, []];
  const project = projectAt(packageRoot);
  await setUp(project, { withData: true });
  await runSteps(project, [workers, pytorch]);
  const root = await cifar10Folder(project);
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(2)} %`;
  /** @type {(string | number)[][]} */
  const rows = [];
  for (const { network, recipe, precision } of rehearses ? RUNS.slice(-3) : RUNS) {
    const task = new Task(`${network}, ${recipe}, ${precision}`, 'trains');
    const command = typescript('article', root, network, width, epochs, recipe, precision, ...images);
    const contender = new Contender(network, command, { onGpu: true });
    try {
      const { seconds, outsideAfterFirst, last, best, device } = await contender.ask('train');
      const time = `${Math.floor(seconds / 60)} min ${(seconds % 60).toFixed(0)} s`;
      rows.push([
        network,
        recipe,
        precision,
        percent(last),
        percent(best),
        time,
        percent(outsideAfterFirst),
        device.name,
      ]);
      task.end(`trained: ${percent(last)} in ${time}`);
    } catch (error) {
      task.end('failed');
      throw error;
    } finally {
      await contender.end();
    }
  }
  const head = [
    'network',
    'recipe',
    'precision',
    'test accuracy',
    'of the best epoch',
    'time',
    'outside of sessions',
    'on',
  ];
  const text = [
    '# The article’s table',
    `Written by \`npm run bench:article\`: ${epochs} epochs each, tests included; batch 128, width ${width}.`,
    await environment(project),
    table(head, rows),
  ].join('\n\n');
  console.log(text);
  if (!rehearses) writeText(WRITTEN, `${text}\n`);
  return 0;
});
