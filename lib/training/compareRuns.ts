/**
 * Several training runs side by side.
 */
import { checkForm } from '../checks';
import { ConfigError } from '../errors';
import { count, percent, showAs, tableLines } from '../showAs';
import { CURVES, type EpochRecord, formatDuration, testedOn } from './history';

/** A run's epochs: what `train` returns, or as an object with `records` what `readHistory` reads. */
export type RunRecords =
  | { readonly epochs: readonly EpochRecord[] }
  | { readonly records: readonly EpochRecord[] };

/** What one of several runs came to. */
export interface ComparedRun {
  name: string;
  records: readonly EpochRecord[];
  last: EpochRecord;
}

/** Runs, in the order in which they were given. */
export interface Comparison {
  readonly runs: readonly ComparedRun[];
}

/**
 * Puts training runs side by side: printed it is a table, and `comparisonChart` draws it. What counts is the last epoch: the best of several is
 * chosen by looking.
 *
 * @param runs by name: `{ 'lr 0.1': history, 'lr 0.01': await readHistory(folder) }`
 * @throws ConfigError for a run without an epoch
 */
export function compareRuns(runs: Readonly<Record<string, RunRecords>>): Comparison {
  checkForm('runs', runs, {}, "Give for example { 'lr 0.1': history, 'lr 0.01': other }.");
  const compared = Object.entries(runs).map(([name, run]) => {
    const records = recordsOf(name, run);
    return { name, records, last: records[records.length - 1] };
  });
  if (compared.length === 0) {
    throw new ConfigError('There are no runs to compare.', "Give for example { 'lr 0.1': history }.");
  }
  return showAs({ runs: compared }, { full: comparisonText });
}

function recordsOf(name: string, run: RunRecords): readonly EpochRecord[] {
  const records = Array.isArray(Object(run).records)
    ? (run as { records: readonly EpochRecord[] }).records
    : (Object(run) as { epochs: readonly EpochRecord[] }).epochs;
  const fix = 'Give what `train` returns or `readHistory` reads.';
  checkForm(`runs['${name}'].epochs`, records, [CURVES], fix);
  if (records.length === 0) throw new ConfigError(`The run '${name}' has no epoch.`, 'Leave it out.');
  return records;
}

function comparisonText({ runs }: Comparison): string {
  const { short } = testedOn(runs[0].last);
  const rows = runs.map(({ name, records, last }) => [
    name,
    String(records.length),
    last.trainLoss.toFixed(4),
    percent(last.trainAccuracy),
    last.testLoss.toFixed(4),
    percent(last.testAccuracy),
    formatDuration(records.reduce((total, { seconds = 0 }) => total + seconds, 0)),
  ]);
  return [
    `${count(runs.length)} ${runs.length === 1 ? 'run' : 'runs'}, each after its last epoch`,
    ...tableLines(
      ['Run', 'Epochs', 'Train loss', 'Train acc', `${short} loss`, `${short} acc`, 'Time'],
      rows,
    ),
    'comparisonChart makes a figure of it, which show draws.',
  ].join('\n');
}
