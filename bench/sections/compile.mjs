/** What recording a step costs, once. */
import { Contender } from '../contender.mjs';
import { table } from '../results.mjs';
import { median, spread } from '../statistics.mjs';
import { typescript } from '../typescript.mjs';

const BATCH = 8;
const PROCESSES = 3;
const LATER_STEPS = 5;
const ROWS = [
  { network: 'resnet18', width: 64, goal: 3 },
  { network: 'resnet152', width: 16, goal: 15 },
];

/** @param {import('./section.mjs').Context} context */
async function measure({ update }) {
  const rows = [];
  for (const { network, width, goal } of ROWS) {
    /** @type {{ first: number, later: number }[]} */
    const runs = [];
    for (let i = 1; i <= PROCESSES; i++) {
      update(`${network}, process ${i} of ${PROCESSES}`);
      const contender = new Contender('this library', typescript('ours', network, width, BATCH));
      try {
        const [first] = (await contender.ask(1)).seconds;
        runs.push({ first, later: median((await contender.ask(LATER_STEPS)).seconds) });
      } finally {
        await contender.end();
      }
    }
    rows.push([
      `${network}, width ${width}`,
      median(runs.map(({ first }) => first)).toFixed(2),
      median(runs.map(({ later }) => later)).toFixed(2),
      spread(
        runs.map(({ first, later }) => first - later),
        2,
      ),
      `at most ${goal}`,
    ]);
  }
  return table(['', 'first call, s', 'later call, s', 'compile time, s: median (min–max)', 'goal, s'], rows);
}

/** @type {import('./section.mjs').Section} */
export const compile = {
  name: 'compile',
  title: 'Compile time',
  about: `The first call of a training step less a later one (the median of ${LATER_STEPS}), batch ${BATCH}, in ${PROCESSES} new processes. The first call records the function, builds the graph, sends
the weights to the session, and has TensorFlow optimize and run the graph. Making the network and loading TensorFlow come before it and aren't in it.`,
  parts: [{ name: 'compile', measure }],
};
