/** How a worker works: it answers each line on stdin with a line of JSON, and ends when there are no more. */
import { createInterface } from 'node:readline';
import { tf } from '../../lib/engine/runtime/tensorflow';

/** Answers lines until there are no more. */
export async function serve(answer: (line: string) => Promise<object>): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await answer(line)));
  }
}

/**
 * Takes as many steps as a line says; answers with the seconds of each, and with what the process holds after them. For the line `costs`
 * answers with what a step's operations cost, where that is known.
 */
export function serveSteps(step: () => Promise<void>, costs?: () => Promise<object>): Promise<void> {
  return serve(async (line) => {
    if (line === 'costs') return costs!();
    const seconds: number[] = [];
    for (let i = 0; i < Number(line); i++) {
      const began = performance.now();
      await step();
      seconds.push((performance.now() - began) / 1000);
    }
    return { seconds, rss: process.memoryUsage().rss, tensors: tf.memory().numTensors };
  });
}
