/** A checkout of this project in a folder of its own, and set-ups in it that can be broken. */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, cpSync } from 'node:fs';
import * as path from 'node:path';

const ROOT = path.resolve(__dirname, '../../..');

/** What a person's shell has: nothing of the npm or the test runner that runs this. */
const SHELL = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_TEST|PYTHON$|CXX$)/.test(name)),
);

/** How a set-up is called. */
export interface Call {
  /** Variables beside those of a person's shell. */
  env?: NodeJS.ProcessEnv;
  /** The Node that runs it. */
  node?: string;
  /** The user who runs it, by number. */
  user?: number;
  /** Gets all that it has said, each time that it says more. */
  onOutput?: (said: string, child: ChildProcess) => void;
}

/** How a program ended. */
export interface Ended {
  /** Its exit code; null where a signal ended it. */
  code: number | null;
  /** What it said, on both streams. */
  said: string;
}

/** One checkout. */
export class Checkout {
  /** @param folder where it lies; it must not be there yet */
  constructor(readonly folder: string) {
    // As git would clone it, were all that lies here committed.
    const names = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
      encoding: 'utf8',
    });
    for (const name of names.split('\0').filter(Boolean)) {
      cpSync(path.join(ROOT, name), path.join(folder, name));
    }
  }

  /** A path in it. */
  path(...names: string[]): string {
    return path.join(this.folder, ...names);
  }

  /** Gives it to another user. */
  giveTo(user: number): void {
    const names = execFileSync('find', [this.folder, '-print0'], { encoding: 'utf8' });
    for (const name of names.split('\0').filter(Boolean)) chownSync(name, user, user);
  }

  /** Calls the set-up, in a process group of its own. */
  setUp(call: Call = {}): Promise<Ended> {
    return this.#run(['scripts/cli.mjs', 'setup', '--no-data'], call);
  }

  /** Calls the set-up, which must end well, and proves that what it made works. */
  async setUpWell(call: Call = {}): Promise<string> {
    const { code, said } = await this.setUp(call);
    assert.equal(code, 0, said);
    assert.match(said, /Set-up: all is there/);
    await this.#prove(call);
    return said;
  }

  /** Calls the set-up, which must end badly, and say why and what to do in words that match. */
  async setUpBadly(call: Call, ...words: RegExp[]): Promise<void> {
    const { code, said } = await this.setUp(call);
    assert.equal(code, 1, `the exit code is ${code}:\n${said}`);
    for (const expected of words) assert.match(said, expected);
    assert.doesNotMatch(said, /^ +at .*:\d+:\d+\)?$/m, 'a stack of calls is no message');
  }

  /** The engine multiplies, the library makes a network with it, and JupyterLab starts. */
  async #prove({ env, node, user }: Call): Promise<void> {
    const { said: engine } = await this.#run(['scripts/setup/proof.cjs'], { node, user });
    assert.match(engine, /TensorFlow 2\.\d+\.\d+ on the/);
    const network = `console.log('weights', require('./lib').resnet10({ width: 4 }).countParams())`;
    const { said: library } = await this.#run(['-e', network], { node, user });
    assert.match(library, /weights \d+/);
    const python = this.path('.resnet-notebooks/venv/bin/python');
    const { said: jupyter } = await this.#run(['-m', 'jupyterlab', '--version'], { env, node: python, user });
    assert.match(jupyter, /^\d+\.\d+\.\d+$/m);
  }

  #run(args: string[], { env, node = process.execPath, user, onOutput }: Call): Promise<Ended> {
    return new Promise((resolve, reject) => {
      const child = spawn(node, args, {
        cwd: this.folder,
        env: { ...SHELL, TF_CPP_MIN_LOG_LEVEL: '3', ...env },
        detached: true,
        uid: user,
        gid: user,
      });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (chunk: string) => {
          said += chunk;
          onOutput?.(said, child);
        });
      }
      child.on('error', reject);
      // Not `close`: a program that outlives a killed set-up keeps its streams open.
      child.on('exit', (code) => setImmediate(() => resolve({ code, said })));
    });
  }
}
