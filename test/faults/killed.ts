/**
 * Ends training at random moments, checkpoint writes included, and has it go on each time.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

const RUN = path.join(__dirname, 'run.ts');

/** The command that trains, going on from what is saved in a folder. */
function start(folder: string) {
  const env = { ...process.env, TF_CPP_MIN_LOG_LEVEL: '3' };
  return spawn(process.execPath, ['--require', 'tsx/cjs', RUN, path.join(folder, 'net')], { env });
}

/** How a run is ended: killed, or asked to end, which it does by itself. */
export type Ending = 'SIGKILL' | 'SIGTERM' | 'SIGINT';

/**
 * Trains once, and ends it a while after its first batch.
 *
 * @param delay milliseconds; without it, it is left alone
 * @returns its last line where it came to its end
 */
async function trainFor(
  folder: string,
  ending: Ending = 'SIGKILL',
  delay = Number.POSITIVE_INFINITY,
): Promise<string | undefined> {
  const child = start(folder);
  let [output, complaints]: string[] = ['', ''];
  let timer: NodeJS.Timeout | undefined;
  child.stdout.on('data', (data) => {
    output += data;
    if (delay < Number.POSITIVE_INFINITY) timer ??= setTimeout(() => child.kill(ending), delay);
  });
  child.stderr.on('data', (data) => {
    complaints += data;
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('close', (...ended) => resolve(ended));
  });
  clearTimeout(timer);
  // A run that was asked to end has saved itself; the program then decides to end.
  if (signal === ending || code === 130) return undefined;
  if (code !== 0) throw new Error(`Training ended with ${code ?? signal}:\n${complaints}`);
  return output.trim().split('\n').pop();
}

/** How many runs were tried, ended and lost. */
export interface KillCounts {
  /** How often one was ended before its end. */
  killed: number;
  /** Runs that came to their end, each killed several times before. */
  ended: number;
  /** Runs whose weights or history at the end weren't those of a run that is left alone. */
  lost: number;
}

/** Ends runs so many times, and compares what each of them comes to in the end. */
export async function killTraining(
  kills: number,
  ending: Ending,
  log: (line: string) => void = () => {},
): Promise<KillCounts> {
  const folder = await mkdtemp(path.join(tmpdir(), 'killed-'));
  try {
    const began = performance.now();
    const expected = await trainFor(path.join(folder, 'alone'));
    // Of which a part is for loading: later kills find more of the run behind them.
    const span = (performance.now() - began) / 2;
    const counts = { killed: 0, ended: 0, lost: 0 };
    while (counts.killed < kills) {
      const place = path.join(folder, `run${counts.ended}`);
      let result: string | undefined;
      while (result === undefined) {
        result = await trainFor(place, ending, counts.killed < kills ? Math.random() * span : undefined);
        if (result === undefined) counts.killed++;
      }
      counts.ended++;
      if (result !== expected) counts.lost++;
      log(`${ending}: ${counts.killed} ended, ${counts.ended} came to their end, ${counts.lost} lost`);
    }
    return counts;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
