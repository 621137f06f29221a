/** What it costs to have two workers: on one machine, each with a core of its own. */
import { Contender } from '../contender.mjs';
import { pinnedWorker } from '../pinnedWorker.mjs';
import { table } from '../results.mjs';
import { median, spread } from '../statistics.mjs';
import { typescript } from '../typescript.mjs';

const ROWS = [
  ['resnet18', 64, 128],
  ['resnet18', 16, 128],
];
const TURNS = 7;
const STEPS = { 64: 1, 16: 6 };
const PORTS = [7101, 7103];

/**
 * @param {(string | number)[]} row
 * @param {import('./section.mjs').Context} context
 */
async function measure(row, { update }) {
  const width = /** @type {keyof typeof STEPS} */ (row[1]);
  const batch = Number(row[2]);
  const processes = await Promise.all(
    PORTS.map((port, core) => pinnedWorker(core, ['--port', String(port)])),
  );
  const devices = PORTS.map((port) => `127.0.0.1:${port}`);
  const ways = [
    { name: 'one process, both cores', settings: [...row, 'float32'] },
    { name: 'two workers, a core each', settings: [...row, 'float32', ...devices] },
  ];
  const contenders = ways.map(({ name, settings }) => new Contender(name, typescript('ours', ...settings)));
  /** @type {number[][]} */
  const times = ways.map(() => []);
  /** @type {Trace[]} */
  const traces = [];
  try {
    for (const contender of contenders) await contender.ask(2);
    for (let turn = 1; turn <= TURNS; turn++) {
      for (const [i, contender] of contenders.entries()) {
        update(`turn ${turn} of ${TURNS}, ${contender.name}`);
        const { seconds } = await contender.ask(STEPS[width]);
        times[i].push(median(seconds));
      }
    }
    for (let i = 0; i < TURNS; i++) traces.push(await contenders[1].ask('costs'));
  } finally {
    for (const contender of contenders) await contender.end();
    for (const child of processes) child.kill('SIGTERM');
  }
  const rows = ways.map(({ name }, i) => [
    name,
    (batch / median(times[i])).toFixed(1),
    i === 0
      ? ''
      : spread(
          times[0].map((seconds, turn) => seconds / times[i][turn]),
          2,
        ),
  ]);
  const measured = table(['', 'images/s', 'of one process’s, median (least–most)'], rows);
  return `${measured}\n\n${profile(traces, devices)}`;
}

/** @typedef {import('../../lib/engine/runtime/operationCosts.js').OperationCost[]} Trace */

/**
 * Where the time of a step on two workers goes: what their operations take, by TensorFlow's trace.
 *
 * @param {Trace[]} traces
 * @param {string[]} devices
 */
function profile(traces, devices) {
  const kinds = {
    convolutions: /Conv2D/,
    'batch normalization': /BatchNorm/,
    'the rest': /./,
  };
  const kindOf = (/** @type {string} */ operation) =>
    Object.entries(kinds).find(([, pattern]) => pattern.test(operation))?.[0];
  const rows = devices.map((device, i) => [
    `worker ${i + 1}${i === 0 ? ', which keeps the weights' : ''}`,
    ...Object.keys(kinds).map((kind) => {
      const sums = traces.map((costs) =>
        costs
          .filter((cost) => cost.device === `${device}/cpu:0` && kindOf(cost.operation) === kind)
          .reduce((sum, { ms }) => sum + ms, 0),
      );
      return median(sums).toFixed(1);
    }),
  ]);
  return table(['ms of a step in operations', ...Object.keys(kinds)], rows);
}

/** @type {import('./section.mjs').Section} */
export const severalMachines = {
  name: 'machines',
  title: 'Two workers on one machine',
  about: `A training step of one process on two cores, and of two workers with a core each, over the loopback interface; ${TURNS} turns, one after the other.`,
  parts: ROWS.map((row) => ({
    name: `machines ${row.join('-')}`,
    title: `${row[0]}, width ${row[1]}, batch ${row[2]}`,
    measure: (context) => measure(row, context),
  })),
};
