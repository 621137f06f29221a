/**
 * Text that grows at its end while its last line keeps changing, in each of the places a program may run in.
 */
import { randomUUID } from 'node:crypto';
import { cellOutput, type WriteDisplayData } from '../kernel/kernel';

/** Text that is written live. */
export interface LiveText {
  /** Adds a line that stays. */
  line(text: string): void;
  /** Puts a line in place of the one that was put last; an empty one takes it away. */
  status(text: string): void;
}

/** What of a stream is needed here. */
export interface TextStream {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  /** Characters that fit in a line of the terminal. */
  readonly columns?: number;
}

/**
 * Live text where this program runs: in a notebook one output that is written over, so that its last state alone is
 * kept; in a terminal lines, and a last one that is redrawn; in a pipe or a file the lines that stay, alone.
 */
export function liveText(): LiveText {
  const write = cellOutput();
  return write ? notebookText(write) : streamText(process.stdout, process.stderr);
}

/** Live text as one output of a notebook's cell. */
export function notebookText(write: WriteDisplayData): LiveText {
  const id = randomUUID();
  const lines: string[] = [];
  let shown = '';
  let update = false;
  const show = (text: string): void => {
    if (text === shown) return;
    write({ data: { 'text/plain': text }, metadata: {}, transient: { display_id: id } }, update);
    shown = text;
    update = true;
  };
  return {
    line(text) {
      lines.push(text);
      show(lines.join('\n'));
    },
    status(text) {
      show([...lines, ...(text ? [text] : [])].join('\n'));
    },
  };
}

const CLEAR_LINE = '\r\u001b[2K';

/**
 * Live text on two streams.
 *
 * @param out gets the lines that stay.
 * @param err gets the changing one, if it is a terminal.
 */
export function streamText(out: TextStream, err: TextStream): LiveText {
  let drawn = false;
  const clear = (): void => {
    if (drawn) err.write(CLEAR_LINE);
    drawn = false;
  };
  return {
    line(text) {
      clear();
      out.write(`${text}\n`);
    },
    status(text) {
      if (!err.isTTY) return;
      clear();
      if (text === '') return;
      // A line that wraps can't be cleared.
      err.write(text.slice(0, (err.columns ?? 80) - 1));
      drawn = true;
    },
  };
}
