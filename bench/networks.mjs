/**
 * `npm run bench:networks`: training steps on two workers in network namespaces, over links of several rates, beside what the bytes that
 * travel let expect; written to RESULTS-NETWORKS.md. It needs Linux, root and iproute2.
 */
import { join } from 'node:path';
import { main } from '../scripts/main.mjs';
import { SetupError } from '../scripts/setup/errors.mjs';
import { writeText } from '../scripts/setup/files.mjs';
import { runSteps, setUp } from '../scripts/setup/index.mjs';
import { packageRoot, projectAt } from '../scripts/setup/project.mjs';
import { Task } from '../scripts/terminal.mjs';
import { Contender } from './contender.mjs';
import { environment } from './environment.mjs';
import { canMakeHosts, HOSTS, makeHosts, network, removeHosts, startHostWorkers } from './hosts.mjs';
import { table } from './results.mjs';
import { median, spread } from './statistics.mjs';
import { typescript, workers } from './typescript.mjs';

const NETWORK = 'resnet18';
const WIDTH = 64;
const BATCH = 128;
/** Of ResNet-18 of width 64 for ten classes. */
const PARAMETERS = 11_173_962;
const RATES = { '10 Gbit/s': 10e9, '1 Gbit/s': 1e9, '100 Mbit/s': 100e6 };
const STEPS = 5;
const PORT = 7201;

/**
 * Shapes both directions of each host's link.
 *
 * @param {number} bits a second
 */
function shape(bits) {
  const limit = `tbf rate ${bits}bit burst ${Math.max(65536, Math.round(bits / 2000))} latency 100ms`;
  for (const { name, link } of HOSTS) {
    network(`tc qdisc replace dev ${link} root ${limit}`);
    network(`tc -n ${name} qdisc replace dev eth0 root ${limit}`);
  }
}

await main(async () => {
  if (!canMakeHosts()) {
    throw new SetupError('Hosts of network namespaces need Linux and root.', 'Run it as root on Linux.');
  }
  const project = projectAt(packageRoot);
  await setUp(project, { withData: false });
  await runSteps(project, [workers]);
  const task = new Task('Networks', 'starts');
  /** @type {import('node:child_process').ChildProcess[]} */
  let children = [];
  /** @type {Record<string, number[]>} */
  const times = {};
  try {
    makeHosts();
    children = await startHostWorkers(PORT);
    const devices = HOSTS.map(({ address }) => `${address}:${PORT}`);
    const contender = new Contender(
      'workers',
      typescript('ours', NETWORK, WIDTH, BATCH, 'float32', ...devices),
    );
    await contender.ask(2);
    task.update('links as fast as the machine');
    times['as fast as the machine'] = (await contender.ask(STEPS)).seconds;
    for (const [name, bits] of Object.entries(RATES)) {
      task.update(name);
      shape(bits);
      await contender.ask(1);
      times[name] = (await contender.ask(STEPS)).seconds;
    }
    await contender.end();
  } finally {
    for (const child of children) child.kill('SIGTERM');
    removeHosts();
  }
  task.end('measured');
  const compute = median(times['as fast as the machine']);
  const rows = Object.entries(times).map(([name, seconds]) => {
    const bits = RATES[/** @type {keyof typeof RATES} */ (name)];
    const travel = bits ? (2 * 4 * PARAMETERS * 8) / bits : 0;
    const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(0)} %`;
    return [
      name,
      spread(seconds, 2),
      percent(compute / median(seconds)),
      percent(compute / (compute + travel)),
    ];
  });
  const head = ['link', 's/step, median (least–most)', 'efficiency', 'expected'];
  const text = `# Two workers over a network

Written by \`npm run bench:networks\`. ${await environment(project)}

A training step of ResNet-18, width ${WIDTH}, batch ${BATCH}, on two workers with a core each, in network namespaces whose links are shaped to a rate (\`tbf\`, both
directions); ${STEPS} steps each. In a step, ${((4 * PARAMETERS) / 1e6).toFixed(0)} MB of weights go to the second worker, and as much comes back in gradients. Expected: the time at full speed, over that and the time that
these bytes take one after the other.

${table(head, rows)}
`;
  console.log(text);
  writeText(join(packageRoot, 'bench', 'RESULTS-NETWORKS.md'), text);
  return 0;
});
