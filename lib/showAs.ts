/**
 * How a value looks in `console.log` and as the last line of a notebook's cell: both print by Node's `util.inspect`.
 */
import { type InspectOptions, inspect } from 'node:util';

/** The most lines of a list that are shown, so that the whole fits on a screen. */
const MOST_LINES = 20;

/** The texts for a value. */
export interface Texts<T> {
  /** At most a screenful: for the value on its own. */
  full(value: T, options: InspectOptions): string;
  /** One line: for the value within an array or an object. Default: the first line of `full`. */
  short?(value: T, options: InspectOptions): string;
}

/**
 * Has an object, or all objects of a prototype, printed as a text. Nothing else about them changes: the method isn't enumerable, so that
 * spreading, JSON and comparisons don't see it. A text that fails gives way to what Node prints without it.
 *
 * @returns the same object
 */
export function showAs<T extends object>(target: T, { full, short }: Texts<T>): T {
  const print = function (this: T, depth: number | null, options: InspectOptions): string {
    // Node counts `depth` down on its way into arrays and objects.
    const isNested = depth !== null && depth < (options.depth ?? Number.POSITIVE_INFINITY);
    try {
      if (!isNested) return full(this, options);
      return short?.(this, options) ?? full(this, options).split('\n')[0];
    } catch {
      return inspect(this, { ...options, depth, customInspect: false });
    }
  };
  return Object.defineProperty(target, inspect.custom, { value: print, configurable: true, writable: true });
}

/** A list of lines, its middle left out where it is long. */
export function fewLines(lines: readonly string[], most: number = MOST_LINES): string[] {
  if (lines.length <= most) return [...lines];
  const half = Math.floor((most - 1) / 2);
  return [
    ...lines.slice(0, half),
    `... ${(lines.length - 2 * half).toLocaleString('en-US')} more ...`,
    ...lines.slice(-half),
  ];
}

/** A table as lines: a heading, then the rows, their middle left out where they are many. The first column is set to the left, others to the right. */
export function tableLines(heading: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = heading.map((head, i) =>
    rows.reduce((width, row) => Math.max(width, row[i].length), head.length),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [line(heading), ...fewLines(rows.map(line))];
}

/** `1,234` */
export function count(value: number): string {
  return value.toLocaleString('en-US');
}

/** A share of 0..1 as `81.63 %`. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
