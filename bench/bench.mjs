/**
 * `npm run bench`: seconds per training step of this library beside PyTorch and plain TensorFlow.js, on this machine.
 *
 * All contenders live at once and take turns of a few steps, so that a machine that gets slower gets slower for all. What counts is the
 * ratio of medians. PyTorch is installed into an environment of its own at the first call. Arguments select rows: `resnet18-16-128`.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { main } from '../scripts/main.mjs';
import { setUp } from '../scripts/setup/index.mjs';
import { findPython, missingError } from '../scripts/setup/prerequisites.mjs';
import { run } from '../scripts/setup/processes.mjs';
import { packageRoot, projectAt } from '../scripts/setup/project.mjs';

const ROWS = [
  ['resnet18', 16, 128],
  ['resnet18', 32, 128],
  ['resnet18', 64, 128],
  ['resnet50', 16, 128],
  ['resnet18', 16, 32],
];
const TURNS = 5;
const STEPS = 3;
const TORCH = 'torch==2.13.0';

const project = projectAt(packageRoot);
const venv = join(project.home, 'bench');

/** One contender: a process that does steps when it is told to. */
class Contender {
  /**
   * @param {string} name
   * @param {string} command
   * @param {string[]} args
   */
  constructor(name, command, args) {
    this.name = name;
    // Waiting threads must not take the others' cores.
    const env = { ...process.env, OMP_WAIT_POLICY: 'passive', TF_CPP_MIN_LOG_LEVEL: '2' };
    this.child = spawn(command, args, { cwd: packageRoot, env, stdio: ['pipe', 'pipe', 'ignore'] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    /** @type {number[]} */
    this.seconds = [];
    this.first = Number.NaN;
  }

  /**
   * @param {number} steps
   * @returns {Promise<number[]>}
   */
  async step(steps) {
    this.child.stdin.write(`${steps}\n`);
    const { value, done } = await this.lines.next();
    if (done) throw new Error(`${this.name} ended without an answer`);
    return JSON.parse(value);
  }

  /** The most memory that the process has held, in MB. */
  peakMemory() {
    const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  end() {
    this.child.stdin.end();
  }
}

/** @param {number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

/** @param {(string | number)[]} row */
async function measure(row) {
  const settings = row.map(String);
  const worker = ['--import', 'tsx', join('bench', 'worker.ts')];
  const python = join(venv, 'bin', 'python');
  const peer = join('bench', 'pytorch.py');
  const contenders = [
    new Contender('this library', process.execPath, [...worker, 'compiled', ...settings]),
    new Contender('PyTorch, NCHW', python, [peer, 'nchw', ...settings]),
    new Contender('PyTorch, channels_last', python, [peer, 'channels_last', ...settings]),
    new Contender('PyTorch, torch.compile', python, [peer, 'compile', ...settings]),
    new Contender('TensorFlow.js, trainOnBatch', process.execPath, [...worker, 'plain', ...settings]),
  ];
  try {
    for (const contender of contenders) [contender.first] = await contender.step(1);
    for (let turn = 0; turn < TURNS; turn++) {
      for (const contender of contenders) contender.seconds.push(...(await contender.step(STEPS)));
    }
    const [ours] = contenders;
    console.log(`\n${settings[0]}, width ${settings[1]}, batch ${settings[2]}\n`);
    console.log('| | first step | later steps: median (min–max) | ours / this | peak memory |');
    console.log('| --- | --- | --- | --- | --- |');
    for (const contender of contenders) {
      const { name, first, seconds } = contender;
      const spread = `${Math.min(...seconds).toFixed(3)}–${Math.max(...seconds).toFixed(3)}`;
      const ratio = (median(ours.seconds) / median(seconds)).toFixed(2);
      console.log(
        `| ${name} | ${first.toFixed(2)} s | ${median(seconds).toFixed(3)} s (${spread}) | ${ratio} | ${contender.peakMemory().toFixed(0)} MB |`,
      );
    }
  } finally {
    for (const contender of contenders) contender.end();
  }
}

await main(async () => {
  await setUp(project, { withData: false });
  if (!existsSync(join(venv, 'ready'))) {
    console.log(`PyTorch: pip installs ${TORCH} into ${venv}`);
    const found = findPython(process.env);
    if ('missing' in found) throw missingError([found.missing], process.env);
    await run(found.command, ['-m', 'venv', '--clear', venv]);
    await run(join(venv, 'bin', 'python'), ['-m', 'pip', 'install', TORCH, 'numpy', 'setuptools']);
    writeFileSync(join(venv, 'ready'), '');
  }
  const named = process.argv.slice(2);
  const rows = ROWS.filter((row) => named.length === 0 || named.includes(row.join('-')));
  console.log(`${os.cpus()[0].model}, ${os.cpus().length} cores, Node ${process.version}, ${TORCH}`);
  for (const row of rows) await measure(row);
  return 0;
});
