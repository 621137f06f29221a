/**
 * `npm run bench:gpu`: images a second in training, of this library and of PyTorch at its best, on one GPU in one run; written to
 * RESULTS-GPU.md. `npm run bench:gpu -- rehearse` runs a small setting on the CPU instead, prints it, and keeps nothing.
 */
import { fileURLToPath } from 'node:url';
import { main } from '../scripts/main.mjs';
import { writeText } from '../scripts/setup/files.mjs';
import { runSteps, setUp } from '../scripts/setup/index.mjs';
import { packageRoot, projectAt } from '../scripts/setup/project.mjs';
import { Task } from '../scripts/terminal.mjs';
import { Contender } from './contender.mjs';
import { environment } from './environment.mjs';
import { python, pytorch } from './python.mjs';
import { table } from './results.mjs';
import { median, spread } from './statistics.mjs';
import { typescript, workers } from './typescript.mjs';
import { checkUsesGpu } from './usesGpu.mjs';

/** @typedef {{ networks: string[], width: number, batches: number[], steps: number, turns: number, device: string, precision: string }} Setting */

/** Other ways to run this library's step, to see what they come to; by itself `train` takes one step a call, compiled. */
const WAYS = [
  { name: '4 steps a call', options: { stepsPerExecution: 4 } },
  { name: 'not compiled', options: { jitCompile: false } },
  { name: 'not compiled, 4 steps a call', options: { jitCompile: false, stepsPerExecution: 4 } },
];

/** @type {Setting} */
const WHOLE = {
  networks: ['resnet18', 'resnet34', 'resnet50'],
  width: 64,
  batches: [128, 512],
  steps: 48,
  turns: 5,
  device: 'cuda',
  precision: 'bfloat16',
};
/** @type {Setting} */
const REHEARSAL = {
  networks: ['resnet18'],
  width: 8,
  batches: [32],
  steps: 4,
  turns: 2,
  device: 'cpu',
  precision: 'float32',
};

/** Multiplications and additions of a training step for one image of 32×32, at width 64: three times the forward pass's. */
const OPERATIONS = { resnet18: 3 * 1.11e9, resnet34: 3 * 2.32e9, resnet50: 3 * 2.6e9 };

/** What cards do a second in dense bfloat16 products, by NVIDIA's data sheets. */
const PEAKS = [
  { card: /H[12]00/, operations: 989e12 },
  { card: /A100/, operations: 312e12 },
];

const WRITTEN = fileURLToPath(new URL('RESULTS-GPU.md', import.meta.url));

/**
 * Images a second of all contenders, which take turns.
 *
 * @param {import('../scripts/setup/project.mjs').Project} project
 * @param {Setting} setting
 * @param {string} network
 * @param {number} batch
 */
async function measure(project, { width, steps, turns, device, precision }, network, batch) {
  const onGpu = device === 'cuda';
  const settings = [network, width, batch];
  const torch = (/** @type {string[]} */ ...how) => python(project, 'images', device, ...settings, ...how);
  const ours = (/** @type {string} */ of, options = {}) =>
    typescript('images', ...settings, of, JSON.stringify(options));
  const contenders = [
    new Contender('this library, float32', ours(onGpu ? 'tf32' : 'float32'), { onGpu }),
    new Contender(`this library, ${precision}`, ours(precision), { onGpu }),
    // At one size of batch: all of these at once take tens of GB of the card's memory.
    ...(batch === 128 || !onGpu ? WAYS : []).map(
      ({ name, options }) =>
        new Contender(`this library, ${precision}, ${name}`, ours(precision, options), { onGpu }),
    ),
    new Contender('PyTorch, float32', torch('float32', 'plain'), { onGpu }),
    new Contender(`PyTorch, ${precision}`, torch(precision, 'plain'), { onGpu }),
    new Contender(`PyTorch, ${precision}, torch.compile`, torch(precision, 'compile'), { onGpu }),
  ];
  try {
    const measured = [];
    for (const contender of contenders) {
      try {
        // Records, compiles, and lets cuDNN choose its algorithms.
        const { device } = await contender.ask(4);
        if (onGpu) checkUsesGpu(device);
      } catch (error) {
        // A build of PyTorch that can't use this card, or its driver, leaves the others to be measured.
        if (!contender.name.startsWith('PyTorch')) throw error;
        console.log(`${contender.name} is left out. ${/** @type {Error} */ (error).message}`);
        continue;
      }
      measured.push({ name: contender.name, rates: /** @type {number[]} */ ([]), contender });
    }
    for (let turn = 0; turn < turns; turn++) {
      for (const { contender, rates } of measured)
        rates.push((steps * batch) / (await contender.ask(steps)).seconds);
    }
    return measured.map(({ name, rates }) => ({ name, rate: median(rates), told: spread(rates, 0) }));
  } finally {
    await Promise.all(contenders.map((contender) => contender.end()));
  }
}

await main(async () => {
  const setting = process.argv[2] === 'rehearse' ? REHEARSAL : WHOLE;
  const project = projectAt(packageRoot);
  await setUp(project, { withData: false });
  await runSteps(project, [workers, pytorch]);
  const where = await environment(project);
  const blocks = [
    `# Results on a GPU`,
    'Written by `npm run bench:gpu`.',
    where,
    '## Images a second in training',
  ];
  for (const network of setting.networks) {
    for (const batch of setting.batches) {
      const task = new Task(`${network}, batch ${batch}`, 'starts');
      const results = await measure(project, setting, network, batch).catch((error) => {
        task.end('failed');
        throw error;
      });
      task.end('measured');
      const best = Math.max(
        ...results.filter(({ name }) => name.startsWith('PyTorch')).map(({ rate }) => rate),
      );
      const peak = PEAKS.find(({ card }) => card.test(where))?.operations;
      const share = (/** @type {number} */ rate) =>
        peak
          ? `${((100 * rate * OPERATIONS[/** @type {keyof typeof OPERATIONS} */ (network)]) / peak).toFixed(0)} %`
          : '';
      blocks.push(
        `### ${network}, width ${setting.width}, batch ${batch}`,
        table(
          ['', 'images / s: median (min–max)', "over PyTorch's best", "of the card's peak"],
          results.map(({ name, rate, told }) => [
            name,
            told,
            Number.isFinite(best) ? (rate / best).toFixed(2) : '',
            share(rate),
          ]),
        ),
      );
      console.log(`\n${blocks.slice(-2).join('\n\n')}\n`);
      // After each, so that a failure in a later one loses none.
      if (setting === WHOLE) writeText(WRITTEN, `${blocks.join('\n\n')}\n`);
    }
  }
  return 0;
});
