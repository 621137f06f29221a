/**
 * Runs with one setting or another, to find a good one.
 */
import { createHash } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { checkForm, checkPositiveInteger, type Form, filePath, kindOf } from '../checks';
import { checkSeed, Random } from '../data/random';
import { ConfigError, ModelError } from '../errors';
import { readRegularFile, writeWhole } from '../files';
import { count, percent, showAs, tableLines } from '../showAs';
import { CURVES, type EpochRecord, type History, testedOn } from './history';

/** Settings by name, as plain values. */
export type SweepSettings = Readonly<Record<string, string | number | boolean>>;

/** A run of a sweep. */
export interface SweepRun<Settings> {
  settings: Settings;
  records: readonly EpochRecord[];
}

/** The runs of a sweep, in the order of their settings. */
export interface Sweep<Settings> {
  readonly runs: readonly SweepRun<Settings>[];
  /** The one with the least loss after its last epoch, on what it was tested on. */
  readonly best: SweepRun<Settings>;
}

/** What `sweep` takes. */
export interface SweepOptions<Settings> {
  /** Of each run: a list of one's own, or what `grid` or `randomSearch` gives. */
  settings: readonly Settings[];
  /** Where results are kept: a run whose result is there isn't run again. */
  folder: string | URL;
  /**
   * Trains with some settings. It is given a folder of the run's own, as `savePath` of a training with `resume: true`, so that a run that was
   * interrupted goes on.
   */
  run(settings: Settings, savePath: string): Promise<History>;
}

const OPTIONS: Form = { settings: [{}], run: 'function' };

/**
 * Runs a training once for each of some settings, one after the other, and keeps what they came to. Called again it goes on where it was.
 *
 * Choose by images that are neither trained on nor reported on: give the runs a validation set.
 *
 * @throws ConfigError for no settings, or the same ones twice
 */
export async function sweep<Settings extends SweepSettings>(
  options: SweepOptions<Settings>,
): Promise<Sweep<Settings>> {
  const fix = 'Give { settings: grid({ lr: [0.1, 0.01] }), folder, run }.';
  const { settings, folder, run } = checkForm('options', options, OPTIONS, fix);
  const path = filePath(folder, ConfigError);
  const names = settings.map(nameOf);
  if (names.length === 0 || new Set(names).size < names.length) {
    throw new ConfigError(
      names.length === 0 ? 'A sweep needs settings.' : 'Two runs of the sweep have the same settings.',
      fix,
    );
  }
  const runs: SweepRun<Settings>[] = [];
  for (const [i, own] of settings.entries()) {
    const file = join(path, `${names[i]}.json`);
    const known = await readResult(file);
    if (known) {
      runs.push({ settings: own, records: known });
      continue;
    }
    const { epochs: records } = await run(own, join(path, names[i]));
    if (records.length === 0)
      throw new ConfigError('A run of the sweep has no epoch.', 'Train for one at least.');
    await mkdir(path, { recursive: true });
    await writeWhole(file, `${JSON.stringify({ settings: own, records }, null, 2)}\n`);
    runs.push({ settings: own, records });
  }
  const best = runs.reduce((a, b) => (lossOf(b) < lossOf(a) ? b : a));
  return showAs<Sweep<Settings>>({ runs, best }, { full: sweepText });
}

/** A name for files: the same settings have the same. */
function nameOf(settings: SweepSettings): string {
  const ordered = JSON.stringify(Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1)));
  return `run-${createHash('sha256').update(ordered).digest('hex').slice(0, 12)}`;
}

async function readResult(file: string): Promise<EpochRecord[] | undefined> {
  const text = await readRegularFile(file).catch(() => undefined);
  if (text === undefined) return undefined;
  const fix = 'Remove the file, and the run is made again.';
  try {
    const { records } = JSON.parse(text.toString());
    return checkForm(`${file}: records`, records as EpochRecord[], [CURVES], fix, ModelError);
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError(`${file} isn't JSON.`, fix, { cause });
  }
}

function lossOf({ records }: SweepRun<unknown>): number {
  const { testLoss } = records[records.length - 1];
  return Number.isFinite(testLoss) ? testLoss : Number.POSITIVE_INFINITY;
}

function sweepText({ runs, best }: Sweep<SweepSettings>): string {
  const names = [...new Set(runs.flatMap(({ settings }) => Object.keys(settings)))];
  const { short } = testedOn(best.records[0]);
  const rows = runs.map((run) => {
    const last = run.records[run.records.length - 1];
    return [
      ...names.map((name) => shown(run.settings[name])),
      last.trainLoss.toFixed(4),
      last.testLoss.toFixed(4),
      percent(last.testAccuracy),
      run === best ? 'best' : '',
    ];
  });
  return [
    `Sweep of ${count(runs.length)} runs, each after its last epoch`,
    ...tableLines([...names, 'Train loss', `${short} loss`, `${short} acc`, ''], rows),
  ].join('\n');
}

function shown(value: string | number | boolean | undefined): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value ?? '');
}

/** All combinations of some values: `grid({ lr: [0.1, 0.01], width: [8, 16] })` are four. */
export function grid<Values extends Record<string, readonly (string | number | boolean)[]>>(
  values: Values,
): { [Name in keyof Values]: Values[Name][number] }[] {
  checkForm('values', values, {}, 'Give for example { lr: [0.1, 0.01] }.');
  for (const [name, list] of Object.entries(values)) {
    if (!Array.isArray(list)) throw new ConfigError(`${name} is ${kindOf(list)}.`, 'Give a list of values.');
  }
  const combined = Object.entries(values).reduce<Record<string, string | number | boolean>[]>(
    (all, [name, list]) => all.flatMap((settings) => list.map((value) => ({ ...settings, [name]: value }))),
    [{}],
  );
  return combined as { [Name in keyof Values]: Values[Name][number] }[];
}

/** A range that a number is drawn from, evenly or by its logarithm; or a list that one is drawn of. */
export type SearchSpace =
  | { readonly from: number; readonly to: number; readonly log?: boolean }
  | readonly (string | number | boolean)[];

/**
 * Settings drawn at random, so many: `randomSearch({ lr: { from: 0.001, to: 1, log: true } }, 8, 0)`.
 *
 * @param seed the same seed draws the same settings
 * @throws ConfigError for a range that is none
 * @see Bergstra and Bengio 2012, "Random Search for Hyper-Parameter Optimization"
 */
export function randomSearch<Space extends Record<string, SearchSpace>>(
  space: Space,
  runs: number,
  seed: number,
): { [Name in keyof Space]: Space[Name] extends readonly (infer Value)[] ? Value : number }[] {
  checkForm('space', space, {}, 'Give for example { lr: { from: 0.001, to: 1, log: true } }.');
  checkPositiveInteger('runs', runs);
  checkSeed(seed);
  const random = Random.fromSeed(seed);
  const drawn = (name: string, range: SearchSpace) => {
    if (Array.isArray(range)) return range[random.below(range.length)];
    const form: Form = { from: 'number', to: 'number' };
    const fix = 'Give a range, { from: 0.001, to: 1 }, or a list of values.';
    checkForm(name, range as { from: number; to: number }, form, fix);
    const { from, to, log = false } = range as { from: number; to: number; log?: boolean };
    if (!(to >= from) || (log && !(from > 0)) || !Number.isFinite(to)) {
      throw new ConfigError(
        `There is nothing to draw ${name} from ${from} to ${to} of.`,
        'Give a `to` of at least `from`, which is above 0 where log is true.',
      );
    }
    return log ? Math.exp(random.uniform(Math.log(from), Math.log(to))) : random.uniform(from, to);
  };
  return Array.from({ length: runs }, () =>
    Object.fromEntries(Object.entries(space).map(([name, range]) => [name, drawn(name, range)])),
  ) as { [Name in keyof Space]: Space[Name] extends readonly (infer Value)[] ? Value : number }[];
}
