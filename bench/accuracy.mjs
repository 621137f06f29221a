/**
 * `npm run accuracy -- <row>`: trains a recipe once for each of its seeds, tests each network once, at the end, and writes ACCURACY.md. What a
 * seed came to is kept, so that a run that was ended goes on with the next one; without a row, all that is missing is trained.
 */
import { fileURLToPath } from 'node:url';
import { main } from '../scripts/main.mjs';
import { SetupError } from '../scripts/setup/errors.mjs';
import { readJson, writeJson, writeText } from '../scripts/setup/files.mjs';
import { runSteps, setUp } from '../scripts/setup/index.mjs';
import { packageRoot, projectAt } from '../scripts/setup/project.mjs';
import { cifar10Folder } from '../scripts/setup/steps/data.mjs';
import { Task } from '../scripts/terminal.mjs';
import { Contender } from './contender.mjs';
import { processor } from './environment.mjs';
import { python, pytorch } from './python.mjs';
import { table } from './results.mjs';
import { mean, spread } from './statistics.mjs';
import { typescript, workers } from './typescript.mjs';

const KEPT = fileURLToPath(new URL('accuracy.json', import.meta.url));
const WRITTEN = fileURLToPath(new URL('ACCURACY.md', import.meta.url));

/**
 * @typedef {object} Row
 * @property {string} name how it is asked for
 * @property {string} network
 * @property {string} recipe in words
 * @property {string} [key] of bench/workers/recipe.ts
 * @property {object} [changes] of that recipe
 * @property {(string | number)[]} [pytorch] instead: the arguments of bench/pytorch/resnet8.py, from the channels on, without the seed
 * @property {number} seeds how many
 */

/** @type {Row[]} */
const ROWS = [
  {
    name: 'quick',
    network: 'ResNet-8, width 32',
    recipe: 'the profile quick: Muon, 45,000 images',
    key: 'quick',
    seeds: 5,
  },
  {
    name: 'ninetyFour',
    network: 'ResNet-8, channels 64, 256, 256',
    recipe: "notebook 13's: Muon, 49,000 images",
    key: 'ninetyFour',
    seeds: 5,
  },
  {
    name: 'ninetyFour-pytorch',
    network: 'ResNet-8, channels 64, 256, 256',
    recipe: 'the same in PyTorch, bfloat16 and torch.compile',
    pytorch: ['64,256,256', 10, 1000, 0.2, 0.1, 0.02],
    seeds: 1,
  },
  {
    name: 'oneCycle',
    network: 'ResNet-18, width 16',
    recipe: 'SGD, one cycle, batches of 128',
    key: 'oneCycle',
    changes: { width: 16, epochs: 10 },
    seeds: 3,
  },
];

/**
 * @typedef {object} Result of a seed
 * @property {number} seed
 * @property {number} last test accuracy of the last epoch
 * @property {number} flip the same, of the mean of an image and its mirror image
 * @property {number} shiftedFlips the same with six views
 * @property {number} seconds of training, the tests of each epoch included
 * @property {number} epochs
 * @property {number} [operations] of all steps
 * @property {string} processor
 */

await main(async () => {
  const [named] = process.argv.slice(2);
  const chosen = ROWS.filter(({ name }) => named === undefined || name === named);
  if (chosen.length === 0) {
    const names = ROWS.map(({ name }) => `  npm run accuracy -- ${name}`).join('\n');
    throw new SetupError(`There is no row ${named}.`, `There are:\n${names}`);
  }
  const project = projectAt(packageRoot);
  await setUp(project, { withData: true });
  await runSteps(project, chosen.some((row) => row.pytorch) ? [workers, pytorch] : [workers]);
  const root = await cifar10Folder(project);
  for (const { name, key, changes, pytorch: settings, seeds } of chosen) {
    for (let seed = 0; seed < seeds; seed++) {
      /** @type {Record<string, Result[]>} */
      const kept = readJson(KEPT) ?? {};
      const results = kept[name] ?? [];
      if (results.some((result) => result.seed === seed)) continue;
      const task = new Task(`${name}, seed ${seed}`, 'trains');
      const command = settings
        ? python(project, 'resnet8', root, ...settings, seed, 1)
        : typescript('run', JSON.stringify({ recipe: key, changes, root, seed }));
      const contender = new Contender(name, command);
      try {
        const { last, flip, shiftedFlips, seconds, epochs, operations } = await contender.ask('train');
        const result = {
          seed,
          last,
          flip,
          shiftedFlips,
          seconds,
          epochs,
          operations,
          processor: processor(),
        };
        writeJson(KEPT, { ...kept, [name]: [...results, result] });
        task.end(`${percent(last)} % in ${(seconds / 60).toFixed(1)} minutes`);
      } catch (error) {
        task.end('failed');
        throw error;
      } finally {
        await contender.end();
      }
    }
  }
  writeText(WRITTEN, written(readJson(KEPT) ?? {}));
  console.log(`Written: ${WRITTEN}`);
  return 0;
});

/** @param {number} share */
function percent(share) {
  return (100 * share).toFixed(2);
}

/** @param {number[]} shares */
function meanAndDeviation(shares) {
  const center = mean(shares);
  if (shares.length < 2) return percent(center);
  const deviation = Math.sqrt(
    shares.reduce((sum, share) => sum + (share - center) ** 2, 0) / (shares.length - 1),
  );
  return `${percent(center)} ± ${percent(deviation)}`;
}

/** @param {Record<string, Result[]>} kept */
function written(kept) {
  const rows = ROWS.filter(({ name }) => kept[name]).map(({ name, network, recipe }) => {
    const results = kept[name];
    const of = (/** @type {'last' | 'flip' | 'shiftedFlips'} */ views) =>
      meanAndDeviation(results.map((result) => result[views]));
    const minutes = spread(
      results.map(({ seconds }) => seconds / 60),
      1,
    );
    const { epochs, operations } = results[0];
    return [
      `\`${name}\``,
      ...[network, recipe, epochs, results.length],
      ...[of('last'), of('flip'), of('shiftedFlips')],
      operations ? (operations / 1e15).toFixed(3) : '',
      `${minutes}, ${[...new Set(results.map((result) => result.processor))].join('; ')}`,
    ];
  });
  const head = [
    'row',
    'network',
    'recipe',
    'epochs',
    'seeds',
    'one view, %',
    'flip, %',
    'six views, %',
    'PF',
    'minutes',
  ];
  const published = [
    ['airbench94_muon, 7 layers without shortcuts', '8', '—, 94.01 with six views (200)', '0.29'],
    ['the same at half width', '10', '—, 91.78 with six views (72)', '0.094'],
    ['airbench94 by SGD', '9.9', '—, 94.01 with six views (1000)', '0.36'],
    ['cifar10-fast, ResNet-9 (2018)', '24', '94.08 (50)', '2.73'],
    ['cifar10-fast, `new_dawn.py` (2019)', '10', '—, 94.10 with a flip (400)', '1.15'],
    ['ResNet-18 of width 64, tuned for time', '26', '94', '4.35'],
    ['ResNet-56, composer', '160', '93.16', '6.0'],
    ['the article, ResNet-34 of width 64', '20', '81.68 at the last epoch, 85.27 at the best (1)', '7.0'],
  ];
  return `${[
    '# What is reached for what',
    `Written by \`npm run accuracy\`. A row by itself: \`npm run accuracy -- quick\`. Each network is tested once on the 10,000 test images, after its last
epoch; recipes were chosen on validation images, a part of the training images. Accuracies are the mean over the seeds ± the standard deviation of one run. Minutes: the median (least–most)
on two cores. PF: 10^15 operations, of the convolutions and products forward and backward, by the definition.`,
    table(head, rows),
    '## Published',
    'With the number of runs in brackets. The operations are counted from the shapes in the same way.',
    table(['network', 'epochs', 'accuracy, %', 'PF'], published),
  ].join('\n\n')}\n`;
}
