/**
 * Feeds the library the corpus of bad and odd inputs, and many more that are made at random.
 */
import { CORPUS } from '../corpus/corpus';
import { FUZZERS, fuzz } from '../corpus/fuzzers';
import { judge } from '../corpus/judge';

/** How many inputs were tried, and what came of them. */
export interface InputCounts {
  tried: number;
  /** Came to a right value or a typed error, soon, in little memory, with no file left behind. */
  survived: number;
  /** Came to anything else. Random inputs of one kind count as one: the first that fails ends them. */
  lost: number;
}

/**
 * Tries all inputs.
 *
 * @param times how many random inputs, as a multiple of those of `npm test`
 */
export async function feedInputs(
  times: number,
  log: (line: string) => void = () => {},
): Promise<InputCounts> {
  const counts = { tried: 0, survived: 0, lost: 0 };
  const attempt = async (name: string, inputs: number, run: () => Promise<void>) => {
    const error = await run().then(
      () => undefined,
      (error: Error) => error,
    );
    counts.tried += inputs;
    if (error) counts.lost++;
    else counts.survived += inputs;
    if (error) log(`lost: ${name}: ${error.stack}`);
  };
  for (const [kind, cases] of Object.entries(CORPUS)) {
    for (const input of cases) await attempt(`${kind}: ${input.name}`, 1, () => judge(input));
    log(`${cases.length} ${kind}, ${counts.lost} lost`);
  }
  for (const fuzzer of FUZZERS) {
    // Other inputs each time; a failure names its seed.
    const seed = Math.floor(Math.random() * 2 ** 31);
    await attempt(fuzzer.name, fuzzer.runs * times, () => fuzz(fuzzer, { times, seed }));
    log(`${fuzzer.runs * times} times ${fuzzer.name}, ${counts.lost} lost`);
  }
  return counts;
}
