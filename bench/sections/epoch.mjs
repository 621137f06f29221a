/** An epoch end to end, data included. */
import { cifar10Folder } from '../../scripts/setup/steps/data.mjs';
import { Contender } from '../contender.mjs';
import { python } from '../python.mjs';
import { table } from '../results.mjs';
import { mean } from '../statistics.mjs';
import { typescript } from '../typescript.mjs';

const ROUNDS = 2;
const ROWS = [
  ['resnet18', 16, 128],
  ['resnet18', 8, 32],
];

/**
 * @param {(string | number)[]} row
 * @param {import('./section.mjs').Context} context
 */
async function measure(row, { project, update }) {
  const settings = [await cifar10Folder(project), ...row];
  const commands = [
    { name: 'this library', command: typescript('epoch', ...settings) },
    { name: 'PyTorch, DataLoader in the process', command: python(project, 'epoch', ...settings, 0) },
    { name: 'PyTorch, DataLoader with 1 worker', command: python(project, 'epoch', ...settings, 1) },
  ];
  /** @type {any[][]} */
  const epochs = commands.map(() => []);
  for (let round = 1; round <= ROUNDS; round++) {
    for (const [i, { name, command }] of commands.entries()) {
      update(`round ${round} of ${ROUNDS}, ${name}`);
      const contender = new Contender(name, command);
      try {
        epochs[i].push(await contender.ask('epoch'));
      } finally {
        await contender.end();
      }
    }
  }
  const meanOf = (/** @type {any[]} */ runs, /** @type {string} */ what) =>
    mean(runs.map((run) => run[what]));
  const percent = (/** @type {string} */ what) => `${(100 * meanOf(epochs[0], what)).toFixed(1)} %`;
  const rows = commands.map(({ name }, i) => [
    name,
    epochs[i].map(({ seconds }) => seconds.toFixed(1)).join(', '),
    (epochs[i][0].images / meanOf(epochs[i], 'seconds')).toFixed(0),
    (meanOf(epochs[0], 'seconds') / meanOf(epochs[i], 'seconds')).toFixed(2),
    meanOf(epochs[i], 'loss').toFixed(3),
  ]);
  return `${table(['', 'epochs, s', 'images / s', 'ours / this', 'mean loss'], rows)}

Outside of the session's runs: ${percent('outside')} of this library's epoch, ${percent('outsideAfterFirst')} of it after the first batch (goal: at most 2 %).`;
}

/** @type {import('./section.mjs').Section} */
export const epoch = {
  name: 'epoch',
  title: 'An epoch, end to end',
  about: `The first epoch over CIFAR-10's 50,000 training images, cropped, mirrored and normalized at random; ${ROUNDS} rounds, each
contender alone in a process of its own. Ours is a whole call of \`train\`, recording of the steps and a test on 10 images included; PyTorch's
images are made a batch at a time, its network is channels_last. Outside of the session's runs is what isn't between a call of the addon's
\`runAsync\` and its result.`,
  needsData: true,
  parts: ROWS.map((row) => ({
    name: `epoch ${row.join('-')}`,
    title: `${row[0]}, width ${row[1]}, batch ${row[2]}`,
    measure: (context) => measure(row, context),
  })),
};
