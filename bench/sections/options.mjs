/** What the options of training cost a step. */
import { compareImageSteps } from './imageSteps.mjs';

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

/** @type {import('./section.mjs').Section} */
export const options = {
  name: 'options',
  title: 'What options cost',
  about: `A training step of ${ROW[0]}, width ${ROW[1]}, batch ${ROW[2]}, on noise that is cropped, mirrored and otherwise changed on the device, within the step; ${TURNS} turns of ${STEPS} steps.`,
  needsData: false,
  parts: [
    {
      name: 'options',
      measure: ({ update }) =>
        compareImageSteps(ROW, OPTIONS, { turns: TURNS, steps: STEPS, ratio: 'this / the first' }, update),
    },
  ],
};
