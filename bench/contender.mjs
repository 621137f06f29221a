/** A process that is measured: it is asked by a line, and answers with a line of JSON. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { packageRoot } from '../scripts/setup/project.mjs';

const KEPT_CHARACTERS = 2000;

// Nothing is set that who uses PyTorch wouldn't set: to let OpenMP's threads wait passively makes its steps 1.5 times as long.
const ENVIRONMENT = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '2' };
const WITHOUT_GPU = { ...ENVIRONMENT, CUDA_VISIBLE_DEVICES: '-1' };

export class Contender {
  #child;
  #lines;
  #ended;
  #complaints = '';

  /**
   * @param {string} name
   * @param {string[]} command
   * @param {{ onGpu?: boolean }} [options] all compute on the CPU otherwise, also where there is a GPU
   */
  constructor(name, [program, ...args], { onGpu = false } = {}) {
    this.name = name;
    this.#child = spawn(program, args, {
      cwd: packageRoot,
      env: onGpu ? ENVIRONMENT : WITHOUT_GPU,
      stdio: 'pipe',
    });
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
    this.#child.stderr.setEncoding('utf8').on('data', (text) => this.#complain(text));
    // Where it has ended, the answer that it owes tells.
    this.#child.stdin.on('error', () => {});
    this.#ended = new Promise((resolve) => {
      this.#child.on('exit', resolve);
      this.#child.on('error', ({ message }) => {
        this.#complain(message);
        resolve(undefined);
      });
    });
  }

  /** @param {string} text */
  #complain(text) {
    this.#complaints = (this.#complaints + text).slice(-KEPT_CHARACTERS);
  }

  /**
   * @param {string | number} line
   * @returns {Promise<any>}
   */
  async ask(line) {
    this.#child.stdin.write(`${line}\n`);
    const { value, done } = await this.#lines.next();
    if (!done) return JSON.parse(value);
    await this.#ended;
    throw new Error(`${this.name} ended without an answer. What it said last:\n\n${this.#complaints}`);
  }

  /** The most memory that the process has held, in MB. */
  peakMemory() {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024;
  }

  /** Waits until it has ended and its memory is free. */
  async end() {
    this.#child.stdin.end();
    await this.#ended;
  }
}
