/** Whether training comes to the same in all precisions. */
import { cifar10Folder } from '../../scripts/setup/steps/data.mjs';
import { Contender } from '../contender.mjs';
import { table } from '../results.mjs';
import { mean } from '../statistics.mjs';
import { typescript } from '../typescript.mjs';

const PRECISIONS = ['float32', 'exact', 'fast'];
const SEEDS = [0, 1, 2, 3, 4];

/** @param {import('./section.mjs').Context} context */
async function measure({ project, update }) {
  const root = await cifar10Folder(project);
  /** @type {any[][]} */
  const runs = PRECISIONS.map(() => []);
  for (const seed of SEEDS) {
    for (const [i, precision] of PRECISIONS.entries()) {
      update(`seed ${seed}, ${precision}`);
      const contender = new Contender(
        precision,
        typescript('run', JSON.stringify({ recipe: 'quick', changes: { precision }, root, seed })),
      );
      try {
        runs[i].push(await contender.ask('train'));
      } finally {
        await contender.end();
      }
    }
  }
  const percent = (/** @type {number} */ share) => (100 * share).toFixed(2);
  const accuracies = runs.map((all) => all.map(({ last }) => last));
  const rows = PRECISIONS.map((precision, i) => [
    precision,
    accuracies[i].map(percent).join(', '),
    percent(mean(accuracies[i])),
    percent(mean(accuracies[i]) - mean(accuracies[0])),
    mean(runs[i].map(({ losses }) => losses.at(-1))).toFixed(4),
  ]);
  const head = ['', 'test accuracy after the last epoch, %', 'mean', 'less float32’s', 'training loss'];
  return table(head, rows);
}

/** @type {import('./section.mjs').Section} */
export const precision = {
  name: 'precision',
  title: 'Convergence by precision',
  about: `The notebooks' quick profile, ResNet-8 at width 32 on 45,000 images of CIFAR-10, with the seeds ${SEEDS.join(', ')} for the first weights, the order of the images and
their augmentation. How far the runs of one row lie apart is the noise. \`float32\` goes by Winograd's algorithm, \`exact\` computes each product of the definition,
\`fast\` is what is fastest on the processor, bfloat16 included.`,
  needsData: true,
  parts: [{ name: 'precision', measure }],
};
