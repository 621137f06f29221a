/** Training steps of workers/images.ts in several ways, in turns. */
import { Contender } from '../contender.mjs';
import { table } from '../results.mjs';
import { median, spread } from '../statistics.mjs';
import { typescript } from '../typescript.mjs';

/**
 * Times a step in each way, and compares it with the first.
 *
 * @param {(string | number)[]} row network, width, batch size
 * @param {{ name: string, options: object }[]} ways what the worker is told
 * @param {{ turns: number, steps: number, ratio: string }} settings `ratio` is the head of the last column
 * @param {(detail: string) => void} update
 */
export async function compareImageSteps(row, ways, { turns, steps, ratio }, update) {
  const contenders = ways.map(({ name, options }) => ({
    contender: new Contender(name, typescript('images', ...row, 'float32', JSON.stringify(options))),
    milliseconds: /** @type {number[]} */ ([]),
  }));
  try {
    for (const { contender } of contenders) {
      update(`first steps, ${contender.name}`);
      await contender.ask(steps);
    }
    for (let turn = 1; turn <= turns; turn++) {
      update(`turn ${turn} of ${turns}`);
      for (const { contender, milliseconds } of contenders) {
        milliseconds.push((1000 * (await contender.ask(steps)).seconds) / steps);
      }
    }
    const first = median(contenders[0].milliseconds);
    return table(
      ['', 'a step, ms: median (min–max)', ratio],
      contenders.map(({ contender, milliseconds }) => [
        contender.name,
        spread(milliseconds, 1),
        (median(milliseconds) / first).toFixed(2),
      ]),
    );
  } finally {
    await Promise.all(contenders.map(({ contender }) => contender.end()));
  }
}
