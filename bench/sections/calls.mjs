/** What it saves to take several training steps in one call. */
import { Contender } from '../contender.mjs';
import { table } from '../results.mjs';
import { median, spread } from '../statistics.mjs';
import { typescript } from '../typescript.mjs';

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
async function measure(row, { update }) {
  const contenders = STEPS_A_CALL.map((stepsPerExecution) => ({
    contender: new Contender(
      `${stepsPerExecution} a call`,
      typescript('images', ...row, 'float32', JSON.stringify({ stepsPerExecution })),
    ),
    milliseconds: /** @type {number[]} */ ([]),
  }));
  try {
    for (const { contender } of contenders) {
      update(`first call, ${contender.name}`);
      await contender.ask(STEPS);
    }
    for (let turn = 1; turn <= TURNS; turn++) {
      update(`turn ${turn} of ${TURNS}`);
      for (const { contender, milliseconds } of contenders) {
        milliseconds.push((1000 * (await contender.ask(STEPS)).seconds) / STEPS);
      }
    }
    const one = median(contenders[0].milliseconds);
    return table(
      ['', 'a step, ms: median (min–max)', 'this / one a call'],
      contenders.map(({ contender, milliseconds }) => [
        contender.name,
        spread(milliseconds, 1),
        (median(milliseconds) / one).toFixed(2),
      ]),
    );
  } finally {
    await Promise.all(contenders.map(({ contender }) => contender.end()));
  }
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
