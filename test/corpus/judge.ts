/**
 * What is asked of the library for every input: a right value or one of its own errors, soon, in little memory, with no file
 * left behind.
 */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ResNetError } from '../../lib/errors';

/** An input that has to be refused: by an error of this class, whose message is as said. */
export interface Refusal {
  readonly refusedBy: new (...args: never[]) => ResNetError;
  readonly message: RegExp;
}

/** One input, bad or odd. */
export interface Case {
  readonly name: string;
  /** Puts the input into an empty folder. Gives what has the library read it, and what is to be ended afterwards. */
  prepare(folder: string): Promise<{ read(): Promise<unknown>; end?(): Promise<void> }>;
  /** A refusal, or a check of the value that is right. */
  readonly expect: Refusal | ((value: never) => void);
  /** Bytes that it may take, where a good image of its size does. */
  readonly memory?: number;
}

export function refused(refusedBy: Refusal['refusedBy'], message: RegExp): Refusal {
  return { refusedBy, message };
}

/** Far more than any input takes, on a slow machine too. */
const MOST_SECONDS = 20;
/** Bytes by which the most memory that was ever in use may grow. */
const MOST_MEMORY = 150e6;

/** What an error of another's making looks like, when its text is passed on: a stack, or a slip in JavaScript. */
const FOREIGN =
  /\n\s+at |\bundefined\b|\bNaN (bytes|of)|Cannot (read|convert|destructure)|is not (a function|iterable|defined)/;

/** @throws AssertionError unless an error is the library's own, in words that help */
export function assertTyped(error: unknown): asserts error is ResNetError {
  assert.ok(
    error instanceof ResNetError,
    `an error of another's making: ${error instanceof Error ? error.stack : error}`,
  );
  assert.notEqual(error.constructor, ResNetError, 'the error says which class it is of');
  const [problem] = error.message.split(`\n${error.fix}`);
  assert.ok(problem.trim().length > 0 && error.fix.trim().length > 0, `no words: ${error.message}`);
  assert.doesNotMatch(error.message, FOREIGN);
}

/** What an attempt came to. */
type Outcome = { value: unknown } | { error: unknown };

/** @throws AssertionError where it comes to nothing in time */
async function outcomeOf(attempt: () => Promise<unknown>): Promise<Outcome> {
  const clock = new AbortController();
  const outcome = await Promise.race([
    attempt().then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    ),
    sleep(MOST_SECONDS * 1000, undefined, { signal: clock.signal }).catch(() => undefined),
  ]);
  clock.abort();
  assert.ok(outcome, `nothing after ${MOST_SECONDS} s`);
  return outcome;
}

function assertExpected(outcome: Outcome, expect: Case['expect']): void {
  if (typeof expect === 'function') {
    if ('error' in outcome) throw outcome.error;
    expect(outcome.value as never);
    return;
  }
  assert.ok('error' in outcome, 'it was taken for good');
  assertTyped(outcome.error);
  assert.ok(outcome.error instanceof expect.refusedBy, `${outcome.error}`);
  assert.match(outcome.error.message, expect.message);
}

/** Names of all files in a folder. */
async function filesIn(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).sort();
}

/** Has the library read one input. @throws what is wrong with what it makes of it */
export async function judge({ prepare, expect, memory = MOST_MEMORY }: Case): Promise<void> {
  const { TMPDIR } = process.env;
  const place = await mkdtemp(join(tmpdir(), 'corpus-'));
  const input = join(place, 'input');
  try {
    await mkdir(input);
    const { read, end } = await prepare(input);
    const before = await filesIn(input);
    // Temporary files of libraries would be here.
    await mkdir(join(place, 'temporary'));
    process.env.TMPDIR = join(place, 'temporary');
    const peak = process.resourceUsage().maxRSS; // kB
    try {
      assertExpected(await outcomeOf(read), expect);
    } finally {
      await end?.();
    }
    const grown = (process.resourceUsage().maxRSS - peak) * 1024;
    assert.ok(grown <= memory, `memory grew by ${grown / 1e6} MB`);
    assert.deepEqual(await filesIn(input), before, 'files beside the input');
    assert.deepEqual(await readdir(process.env.TMPDIR), [], 'temporary files');
  } finally {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    await rm(place, { recursive: true });
  }
}
