/** Workers for tests, as `resnet-notebooks worker` starts them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

/** A worker that listens on this machine alone. */
export class Worker {
  private constructor(
    private readonly command: ChildProcess,
    readonly port: number,
    /** What it has printed. */
    readonly output: { text: string },
  ) {}

  static async start(port?: number): Promise<Worker> {
    const chosen = port ?? (await freePorts());
    const command = spawn(process.execPath, ['scripts/cli.mjs', 'worker', '--port', String(chosen)], {
      cwd: root,
      env: { ...process.env, CUDA_VISIBLE_DEVICES: '-1' },
    });
    const output = { text: '' };
    const ready = new Promise<void>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        output.text += chunk;
        if (/until Ctrl-C\.\n.*\n/.test(output.text)) resolve();
      };
      command.stdout!.on('data', read);
      command.stderr!.on('data', read);
      command.on('exit', () => reject(new Error(`the worker ended: ${output.text}`)));
    });
    await ready;
    return new Worker(command, chosen, output);
  }

  get name(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** The process that computes, which the command has started. */
  get pid(): number {
    const children = readFileSync(`/proc/${this.command.pid}/task/${this.command.pid}/children`, 'utf8');
    return Number(children.trim().split(' ')[0]);
  }

  /** Sends the command a signal, and waits for its end. */
  async end(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<number | null> {
    if (this.command.exitCode !== null) return this.command.exitCode;
    // One that was stopped doesn't notice that who started it has gone.
    if (signal === 'SIGKILL' && this.pid > 0) process.kill(this.pid, signal);
    const ended = new Promise<number | null>((resolve) => this.command.once('exit', resolve));
    this.command.kill(signal);
    return ended;
  }
}

/** A port that is free together with the next one. */
async function freePorts(): Promise<number> {
  for (;;) {
    const port = await listening(0);
    if ((await listening(port + 1).catch(() => 0)) > 0) return port;
  }
}

/** Listens for a moment. */
function listening(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const { port: chosen } = server.address() as { port: number };
      server.close(() => resolve(chosen));
    });
  });
}
