/** Cuts the network, or breaks the registry, for each step of the set-up that fetches something. */
import type { Tally } from '../tally';
import { Checkout } from './checkout';
import { FAILURES, withBadRegistry } from './registry';

const STEPS = [
  { name: 'Node packages', client: 'npm' },
  { name: 'Jupyter', client: 'pip' },
  { name: 'TensorFlow', client: 'pip' },
] as const;

/** What a person must read, whichever program met the failure. */
const WORDS: Record<string, RegExp> = {
  'a registry that answers 500': /The package registry is out of order\. Wait a while/,
  'a network that breaks off': /The package registry can't be reached, or the connection broke off\./,
  'no network': /The package registry can't be reached, or the connection broke off\./,
};

/** Has each step fail in each way, then ends the set-up without a fault. */
export async function cutNetwork(folder: string, tally: Tally): Promise<void> {
  const checkout = new Checkout(folder);
  for (const { name, client } of STEPS) {
    // What stands before this step is set up, with all in order.
    await checkout.setUp({
      onOutput: (said, child) => void (said.includes(`${name}: `) && child.kill('SIGTERM')),
    });
    for (const failure of Object.keys(FAILURES)) {
      await tally.try(`${name}: ${failure}`, () =>
        withBadRegistry(failure, (env) =>
          checkout.setUpBadly({ env: env[client] }, new RegExp(`^${name}: failed`, 'm'), WORDS[failure]),
        ),
      );
    }
  }
  await tally.try('the set-up with the network back', () => checkout.setUpWell());
}
