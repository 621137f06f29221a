/**
 * `npm run test:faults`: what breaks the software in the middle, as often as it takes to trust it. Arguments: the parts to run, else
 * all.
 */
import { feedInputs } from './inputs';
import { type Ending, killTraining } from './killed';
import { runLong } from './longRuns';
import { takePlaces } from './places';
import { breakSetUp } from './setup';
import { loseWorkers } from './workers';

interface Counts {
  tried: number;
  survived: number;
  lost: number;
}

type Log = (line: string) => void;

/** Ends training so many times by each of some signals. */
async function endTraining(times: number, endings: Ending[], log: Log): Promise<Counts> {
  const counts = { tried: 0, survived: 0, lost: 0 };
  for (const ending of endings) {
    const { killed, lost } = await killTraining(times, ending, log);
    counts.tried += killed;
    counts.survived += killed - lost;
    counts.lost += lost;
  }
  return counts;
}

const PARTS: Record<string, (log: Log) => Promise<Counts>> = {
  training: (log) => endTraining(50, ['SIGKILL'], log),
  signals: (log) => endTraining(25, ['SIGTERM', 'SIGINT'], log),
  places: takePlaces,
  inputs: (log) => feedInputs(20, log),
  long: runLong,
  workers: (log) => loseWorkers({ killed: 20, stopped: 5, cut: 10 }, log),
  setup: breakSetUp,
};

async function main(names: string[]): Promise<void> {
  const unknown = names.find((name) => !(name in PARTS));
  if (unknown !== undefined) {
    throw new Error(`There is no part ${unknown}: name any of ${Object.keys(PARTS).join(', ')}.`);
  }
  for (const name of names.length > 0 ? names : Object.keys(PARTS)) {
    console.log(`${name}:`);
    const { tried, survived, lost } = await PARTS[name]((line) => console.log(line));
    console.log(`${name}: tried ${tried}, survived ${survived}, lost ${lost}`);
    if (lost > 0) process.exitCode = 1;
  }
}

main(process.argv.slice(2));
