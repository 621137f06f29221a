/**
 * The set-up: its steps in order, each skipped where it is done. Killed at any point, it goes on from there
 * when it is called again; two at once take turns.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { usesDeno } from '../jupyter/readNotebook.mjs';
import { formatSeconds, Task } from '../terminal.mjs';
import { fixFor, inWords } from './causes.mjs';
import { CommandError, SetupError } from './errors.mjs';
import { readText, writeText } from './files.mjs';
import { takeLock } from './lock.mjs';
import { checkPrerequisites } from './prerequisites.mjs';
import { run } from './processes.mjs';
import { data } from './steps/data.mjs';
import { engine } from './steps/engine.mjs';
import { jupyter } from './steps/jupyter.mjs';
import { denoKernel, kernel } from './steps/kernel.mjs';
import { library } from './steps/library.mjs';
import { nodePackages } from './steps/nodePackages.mjs';
import { notebooks } from './steps/notebooks.mjs';
import { tensorflow } from './steps/tensorflow.mjs';

/** @typedef {import('./step.mjs').Step} Step */
/** @typedef {import('./project.mjs').Project} Project */

/**
 * Sets up what is missing.
 *
 * @param {Project} project
 * @param {{ withData?: boolean, out?: NodeJS.WriteStream }} [options] whether CIFAR-10 is fetched, and where progress is told
 * @throws {SetupError}
 */
export async function setUp(project, { withData = true, out = process.stdout } = {}) {
  const began = Date.now();
  const steps = [
    // The steps after these use the library: to see which GPUs TensorFlow takes, to load the engine, to fetch CIFAR-10.
    ...(project.isCheckout ? [nodePackages, library, notebooks] : []),
    jupyter,
    tensorflow,
    engine,
    kernel,
    ...(usesDeno() ? [denoKernel] : []),
    ...(withData ? [data] : []),
  ];
  await runSteps(project, steps, out).catch((error) => {
    throw inWords(error);
  });
  out.write(`Set-up: all is there (${formatSeconds((Date.now() - began) / 1000)}).\n`);
}

/**
 * Runs the steps that aren't done, one set-up at a time.
 *
 * @param {Project} project
 * @param {Step[]} steps
 * @param {NodeJS.WriteStream} [out] where progress is told
 */
export async function runSteps(project, steps, out = process.stdout) {
  checkPrerequisites(new Set());
  if (await areDone(project, steps)) return;
  const lock = await takeLock(join(project.home, 'setup.lock'), (pid) =>
    out.write(`Set-up: another one (process ${pid}) is at work in this project; waiting for it.\n`),
  );
  const cleanUp = () => {
    rmSync(project.temporary, { recursive: true, force: true });
    lock.release();
  };
  const interruption = watchForInterruption(cleanUp);
  try {
    rmSync(project.temporary, { recursive: true, force: true });
    // What the set-up makes is nobody's source, in any project.
    const ignore = join(project.home, '.gitignore');
    if (readText(ignore) === undefined) writeText(ignore, '*\n');
    checkPrerequisites(await missingNeeds(project, steps));
    for (const step of steps) {
      if (!(await step.isDone(project))) await runStep(project, step, { lock, interruption, out });
    }
  } finally {
    cleanUp();
    interruption.end();
  }
}

/**
 * @param {Project} project
 * @param {Step[]} steps
 */
async function areDone(project, steps) {
  for (const step of steps) {
    if (!(await step.isDone(project))) return false;
  }
  return true;
}

/**
 * What the steps that aren't done need of the machine.
 *
 * @param {Project} project
 * @param {Step[]} steps
 */
async function missingNeeds(project, steps) {
  /** @type {Set<import('./step.mjs').Prerequisite>} */
  const needs = new Set();
  for (const step of steps) {
    if (step.needs.length > 0 && !(await step.isDone(project)))
      step.needs.forEach((need) => void needs.add(need));
  }
  return needs;
}

/**
 * @param {Project} project
 * @param {Step} step
 * @param {{ lock: import('./lock.mjs').Lock, interruption: ReturnType<typeof watchForInterruption>, out: NodeJS.WriteStream }} run
 */
async function runStep(project, step, { lock, interruption, out }) {
  const task = new Task(step.name, step.describe(project), out);
  /** @type {typeof run} */
  const runShared = (command, args, options) =>
    run(command, args, {
      ...options,
      onStart(child) {
        lock.share(/** @type {number} */ (child.pid));
        interruption.passTo(child);
      },
    });
  try {
    const outcome = await step.run(project, { run: runShared, update: (detail) => task.update(detail) });
    task.end(outcome);
  } catch (error) {
    task.end(interruption.signal ? 'interrupted' : 'failed');
    if (interruption.signal) throw interrupted();
    if (!(error instanceof CommandError)) throw error;
    const fix = fixFor(error.output) ?? step.fix;
    throw new SetupError(`${step.name}: ${error.message}. What it said:\n\n${error.output}\n`, fix, {
      cause: error,
    });
  }
}

const interrupted = () =>
  new SetupError('The set-up was interrupted.', 'The same command goes on from there.');

/**
 * Passes an interruption on to the programs that run; where none does, ends this one.
 *
 * @param {() => void} cleanUp
 */
function watchForInterruption(cleanUp) {
  /** @type {Set<import('node:child_process').ChildProcess>} */
  const children = new Set();
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const watch = {
    /** @type {NodeJS.Signals | undefined} */
    signal: undefined,
    /** @param {import('node:child_process').ChildProcess} child */
    passTo(child) {
      children.add(child);
      child.on('close', () => children.delete(child));
    },
    end() {
      for (const signal of signals) process.off(signal, stop);
    },
  };
  /** @param {NodeJS.Signals} signal */
  function stop(signal) {
    watch.signal = signal;
    for (const child of children) child.kill(signal);
    if (children.size > 0) return;
    cleanUp();
    console.error(`\n${interrupted().message}`);
    process.exit(1);
  }
  for (const signal of signals) process.on(signal, stop);
  return watch;
}
