/** Kills the set-up at random moments of each of its steps, and has it go on each time. */
import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import type { Tally } from '../tally';
import { Checkout } from './checkout';

const ADDONS = 'node_modules/@tensorflow/tfjs-node-gpu/lib/napi-v8';

/** The steps that take long enough to be hit: the file that tells that one is done, and what it takes on two cores. */
const STEPS = [
  { name: 'Node packages', mark: 'node_modules/.package-lock.json', seconds: 25 },
  { name: 'Jupyter', mark: '.resnet-notebooks/venv/resnet-notebooks.json', seconds: 25 },
  { name: 'TensorFlow', mark: '.resnet-notebooks/tensorflow/resnet-notebooks.json', seconds: 18 },
  { name: 'Engine', mark: `${ADDONS}/resnet-notebooks.json`, seconds: 40 },
  { name: 'Library', mark: 'lib/dist/.sources', seconds: 10 },
];

/** Kills a process, alone or with the programs that work for it. */
function kill({ pid }: ChildProcess, withPrograms: boolean): void {
  try {
    process.kill(withPrograms ? -pid! : pid!, 'SIGKILL');
  } catch {
    // it came to its end meanwhile
  }
}

/**
 * Calls the set-up, and kills it a while after a step began, or a later one where a program left alive has done that step.
 *
 * @returns whether the kill came before the end
 */
async function killSetUp(checkout: Checkout, step: number, delay: number, withPrograms: boolean) {
  const started = new RegExp(
    `^(${STEPS.slice(step)
      .map(({ name }) => name)
      .join('|')}): `,
    'm',
  );
  let timer: NodeJS.Timeout | undefined;
  const { code, said } = await checkout.setUp({
    onOutput(said, child) {
      if (started.test(said)) timer ??= setTimeout(() => kill(child, withPrograms), delay * 1000);
    },
  });
  clearTimeout(timer);
  // Never at a loss about what the last kill left.
  assert(code === null || code === 0, said);
  return code === null;
}

/**
 * Kills set-ups in one checkout, each the successor of the last. Every second kill leaves the program that runs alive: the next
 * set-up has to wait for it.
 */
export async function killSetUps(kills: number, folder: string, tally: Tally): Promise<void> {
  const checkout = new Checkout(folder);
  for (let i = 0; i < kills; i++) {
    const step = Math.floor((i * STEPS.length) / kills);
    const { name, mark, seconds } = STEPS[step];
    const withPrograms = i % 2 === 0;
    const how = withPrograms ? 'with its programs' : 'alone, its program goes on';
    const delay = Math.random() * seconds;
    await tally.try(`${name}: killed ${delay.toFixed(1)} s after it began, ${how}`, async () => {
      do rmSync(checkout.path(mark), { force: true });
      while (!(await killSetUp(checkout, step, delay, withPrograms)));
    });
  }
  await tally.try('the set-up after all kills', () => checkout.setUpWell());
}
