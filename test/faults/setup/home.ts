/** Gives the set-up a home that it can't write to. */
import { mkdirSync } from 'node:fs';
import type { Tally } from '../tally';
import { Checkout } from './checkout';

const NOBODY = 65534;

/** Sets up in a home that is for reading only; root, whom no mode stops, has somebody else do it. */
export async function closeHome(folder: string, tally: Tally): Promise<void> {
  const checkout = new Checkout(folder);
  const home = `${folder}.home`;
  mkdirSync(home, { mode: 0o555 });
  const user = process.getuid?.() === 0 ? NOBODY : undefined;
  if (user !== undefined) checkout.giveTo(user);
  await tally.try('a home for reading only', () => checkout.setUpWell({ env: { HOME: home }, user }));
}
