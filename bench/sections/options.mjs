/** What the options of training cost a step. */
import { Contender } from '../contender.mjs';
import { table } from '../results.mjs';
import { median, spread } from '../statistics.mjs';
import { typescript } from '../typescript.mjs';

const ROW = ['resnet18', 16, 128];
const OPTIONS = [
  { name: 'SGD, crop and flip', options: {} },
  { name: 'AdamW', options: { optimizer: 'AdamW' } },
  { name: 'Muon, SGD for the rest', options: { optimizer: 'Muon' } },
  { name: 'an exponential average', options: { ema: 0.999 } },
  { name: 'cutout', options: { transforms: ['cutout'] } },
  { name: 'color jitter', options: { transforms: ['jitter'] } },
];
const TURNS = 15;
const STEPS = 4;

/** @param {import('./section.mjs').Context} context */
async function measure({ update }) {
  const contenders = OPTIONS.map(({ name, options }) => ({
    contender: new Contender(name, typescript('images', ...ROW, 'float32', JSON.stringify(options))),
    milliseconds: /** @type {number[]} */ ([]),
  }));
  try {
    for (const { contender } of contenders) {
      update(`first steps, ${contender.name}`);
      await contender.ask(STEPS);
    }
    for (let turn = 1; turn <= TURNS; turn++) {
      update(`turn ${turn} of ${TURNS}`);
      for (const { contender, milliseconds } of contenders) {
        milliseconds.push((1000 * (await contender.ask(STEPS)).seconds) / STEPS);
      }
    }
    const plain = median(contenders[0].milliseconds);
    return table(
      ['', 'a step, ms: median (min–max)', 'this / the first'],
      contenders.map(({ contender, milliseconds }) => [
        contender.name,
        spread(milliseconds, 1),
        (median(milliseconds) / plain).toFixed(2),
      ]),
    );
  } finally {
    await Promise.all(contenders.map(({ contender }) => contender.end()));
  }
}

/** @type {import('./section.mjs').Section} */
export const options = {
  name: 'options',
  title: 'What options cost',
  about: `A training step of ${ROW[0]}, width ${ROW[1]}, batch ${ROW[2]}, on noise that is cropped, mirrored and otherwise changed on the device, within the step; ${TURNS} turns of ${STEPS} steps.`,
  needsData: false,
  parts: [{ name: 'options', measure }],
};
