/** What it saves to take several training steps in one call. */
import { compareImageSteps } from './imageSteps.mjs';

const ROWS = [
  ['resnet10', 4, 16],
  ['resnet18', 16, 32],
];
const STEPS_A_CALL = [1, 4, 16];
const TURNS = 10;
const STEPS = 32;

/**
 * @param {(string | number)[]} row
 * @param {import('./section.mjs').Context} context
 */
function measure(row, { update }) {
  const ways = STEPS_A_CALL.map((stepsPerExecution) => ({
    name: `${stepsPerExecution} a call`,
    options: { stepsPerExecution },
  }));
  return compareImageSteps(row, ways, { turns: TURNS, steps: STEPS, ratio: 'this / one a call' }, update);
}

/** @type {import('./section.mjs').Section} */
export const calls = {
  name: 'calls',
  title: 'Several steps in a call',
  about: `A training step on noise that lies on the device, cropped and mirrored within the step, with \`stepsPerExecution\` of ${STEPS_A_CALL.join(', ')}; ${TURNS} turns of ${STEPS} steps.`,
  parts: ROWS.map((row) => ({
    name: `calls ${row.join('-')}`,
    title: `${row[0]}, width ${row[1]}, batch ${row[2]}`,
    measure: (context) => measure(row, context),
  })),
};
