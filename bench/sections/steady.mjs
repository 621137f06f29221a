/** Whether memory stays where it is over many steps. */
import { Contender } from '../contender.mjs';
import { table } from '../results.mjs';
import { slope } from '../statistics.mjs';
import { typescript } from '../typescript.mjs';

const SUBJECT = ['resnet18', 8, 32];
const STEPS = 10000;
const SAMPLE = 100;
// JavaScript's heap takes some thousand steps to find its size.
const WARM_UP = 3000;
const SHOWN = 1000;

/** @param {import('./section.mjs').Context} context */
async function measure({ update }) {
  const contender = new Contender('this library', typescript('ours', ...SUBJECT));
  /** @type {{ steps: number, rss: number, tensors: number }[]} */
  const samples = [];
  try {
    for (let steps = SAMPLE; steps <= STEPS; steps += SAMPLE) {
      update(`step ${steps} of ${STEPS}`);
      const { rss, tensors } = await contender.ask(SAMPLE);
      samples.push({ steps, rss: rss / 1e6, tensors });
    }
  } finally {
    await contender.end();
  }
  const steady = samples.filter(({ steps }) => steps >= WARM_UP);
  const thousands = steady.map(({ steps }) => steps / 1000);
  const line = (/** @type {number[]} */ values, /** @type {number} */ digits) => {
    const { value, error } = slope(thousands, values);
    return `${value.toFixed(digits)} ± ${error.toFixed(digits)}`;
  };
  const rows = samples
    .filter(({ steps }) => steps % SHOWN === 0)
    .map(({ steps, rss, tensors }) => [steps, rss.toFixed(1), tensors]);
  rows.push([
    'slope per 1,000 steps ± standard error',
    line(
      steady.map(({ rss }) => rss),
      2,
    ),
    line(
      steady.map(({ tensors }) => tensors),
      2,
    ),
  ]);
  return table(['after steps', 'memory (RSS), MB', 'tensors'], rows);
}

/** @type {import('./section.mjs').Section} */
export const steady = {
  name: 'steady',
  title: 'Steadiness',
  about: `What the process holds over ${STEPS} compiled training steps of ${SUBJECT[0]}, width ${SUBJECT[1]}, batch ${SUBJECT[2]}: its resident memory, and \`tf.memory().numTensors\`. Sampled
every ${SAMPLE} steps; the slope is that of the line through the samples from step ${WARM_UP} on, by least squares.`,
  parts: [{ name: 'steady', measure }],
};
