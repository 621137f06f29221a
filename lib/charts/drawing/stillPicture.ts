/**
 * A figure as a still image, drawn where drawing can be given up.
 *
 * Plotly may take any time, block its thread for good, or need what only a browser has. So it runs in a worker thread, one figure after
 * the other; the worker is ended when it takes too long, and the next figure gets a new one.
 */
import type { Worker } from 'node:worker_threads';
import { ChartError } from '../../errors';
import { startBeside } from '../../threads';
import type { Figure } from '../figure';

/** Milliseconds that a figure may take, the loading of Plotly included: most take less than a tenth of a second. */
const LIMIT = 40_000;

/** Megabytes that JavaScript may take in the worker. */
const MEMORY = 1024;

/** What a worker is asked for. */
export interface DrawingRequest {
  figure: Figure;
  /** Pixels per CSS pixel. */
  scale: number;
}

/** Red, green, blue and opacity of each pixel, row by row. */
export interface Pixels {
  pixels: Uint8Array;
  width: number;
  height: number;
}

/** The pixels; or why there are none; or what is wrong with the figure, so that no other program draws it either. */
export type DrawingReply = Pixels | { missing: string } | { wrong: [problem: string, fix: string] };

/** What of a still image there is: its pixels, or the reason why there are none, as a part of a sentence. */
export type StillPicture = Pixels | { missing: string };

let worker: Worker | undefined;
let last: Promise<unknown> = Promise.resolve();

/**
 * Draws a figure, after those that were asked for before.
 *
 * @param limit milliseconds
 * @throws ChartError where the figure has a trace of a type that Plotly doesn't know
 */
export async function stillPicture(request: DrawingRequest, limit: number = LIMIT): Promise<StillPicture> {
  const drawn = last.then(() => draw(request, limit));
  last = drawn;
  const reply = await drawn;
  if ('wrong' in reply) throw new ChartError(...reply.wrong);
  return reply;
}

function draw(request: DrawingRequest, limit: number): Promise<DrawingReply> {
  worker ??= start();
  const drawing = worker;
  return new Promise((resolve) => {
    let settled = false;
    const settle = (reply: DrawingReply): void => {
      settled = true;
      clearTimeout(timer);
      drawing.off('message', settle).off('error', failed).off('exit', ended);
      drawing.unref();
      resolve(reply);
    };
    const giveUp = (missing: string): void => {
      if (settled) return;
      if (worker === drawing) worker = undefined;
      void drawing.terminate();
      settle({ missing });
    };
    const failed = (error: unknown): void => giveUp(failure(error));
    const ended = (): void => giveUp('the thread that drew it ended');
    // Where this thread was busy for that long itself, the answer may be there already, and comes before the second look.
    const timer = setTimeout(
      () => setImmediate(() => giveUp(`drawing it took more than ${limit / 1000} seconds`)),
      limit,
    );
    drawing.on('message', settle).on('error', failed).on('exit', ended);
    // While it draws, the program waits for it; before and after, the worker keeps no program from ending.
    drawing.ref();
    drawing.postMessage(request);
  });
}

function start(): Worker {
  const started = startBeside(__filename, 'drawingWorker', {
    resourceLimits: { maxOldGenerationSizeMb: MEMORY },
    // What jsdom and Plotly have to say is for developers of pages. It is not read, because a stream that is read keeps the program alive.
    stdout: true,
    stderr: true,
  });
  const forget = (): void => {
    if (worker === started) worker = undefined;
  };
  started.on('error', forget).on('exit', forget);
  started.unref();
  return started;
}

function failure(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return `drawing it takes more than ${MEMORY} MB of memory`;
  return `drawing it failed: ${message ?? error}`;
}
