/**
 * How far a long piece of work is, in one line of text.
 */
import { formatDuration } from '../../training/history';

/** Least time between two states of a line, in seconds. */
export const REDRAW = 0.2;

const CELLS = 20;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** A bar of 20 cells, filled in steps of an eighth of a cell. @param fraction 0 to 1. */
export function bar(fraction: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, fraction)) * CELLS * 8);
  const filled = '█'.repeat(Math.floor(eighths / 8)) + EIGHTHS[eighths % 8];
  return `|${filled.padEnd(CELLS)}|`;
}

/** The share done, as `  7%`. @param fraction 0 to 1. */
export function percent(fraction: number): string {
  return `${Math.floor(100 * fraction)}%`.padStart(4);
}

/**
 * The time that is left at the pace so far, as `01:23 left`; empty before anything is done.
 *
 * @param done so much, in any unit, in `seconds`.
 * @param rest what is still to do, in the same unit.
 */
export function timeLeft(done: number, rest: number, seconds: number): string {
  return done > 0 ? `${formatDuration((rest * seconds) / done)} left` : '';
}
