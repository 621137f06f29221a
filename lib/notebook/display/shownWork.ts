/**
 * Work that has nothing to show before its end, shown while it runs.
 */
import { formatDuration } from '../../training/history';
import { untilStopped } from '../kernel/interrupt';
import { cellOutput } from '../kernel/kernel';
import { liveText } from './liveText';
import { bar, percent, REDRAW, timeLeft } from './progressLine';

/** Work of so many seconds isn't worth a line. */
const SHORT = 1;

/** Tells how far the work is: so many of so many. */
export type Report = (done: number, total: number) => void;

/**
 * Runs work under a line that tells how far it is; in a notebook its last state stays, with the time that it took. "Interrupt Kernel"
 * aborts the work's signal, and so do Ctrl-C and SIGTERM in a program.
 *
 * @param name of the work
 * @param unit what is counted: `images`
 * @param signal aborts the work too
 */
export async function shownWork<T>(
  { name, unit, signal }: { name: string; unit: string; signal?: AbortSignal },
  work: (report: Report, stopped: AbortSignal) => Promise<T>,
): Promise<T> {
  const text = liveText();
  const staysShown = cellOutput() !== undefined;
  const began = performance.now();
  const sinceBegin = () => (performance.now() - began) / 1000;
  let drawnAt: number | undefined;
  let count = '';
  const report: Report = (done, total) => {
    const seconds = sinceBegin();
    count = `${done} of ${total} ${unit}`;
    if (seconds < SHORT || seconds - (drawnAt ?? 0) < REDRAW) return;
    drawnAt = seconds;
    const share = done / total;
    const parts = [bar(share), percent(share), count, timeLeft(done, total - done, seconds)];
    text.status(`${name} ${parts.join('  ')}`);
  };
  try {
    return await untilStopped((stopped) => work(report, stopped), signal);
  } finally {
    const isLeft = staysShown && drawnAt !== undefined;
    text.status(isLeft ? `${name}: ${count} in ${formatDuration(sinceBegin())}` : '');
  }
}
