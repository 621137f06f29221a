/** Breaks the set-up, in checkouts of its own, in all the ways that it has to survive. It takes half an hour and 6 GB of disk. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { Tally } from '../tally';
import { Checkout } from './checkout';
import { fillDisk } from './disk';
import { closeHome } from './home';
import { killSetUps } from './kills';
import { cutNetwork } from './network';
import { setUpTogether } from './together';
import { changeVersions } from './versions';

const KILLS = 20;

/** Tries each fault; each checkout is removed before the next is made. */
export async function breakSetUp(log: (line: string) => void): Promise<Tally> {
  const tally = new Tally(log);
  const folder = mkdtempSync(path.join(tmpdir(), 'set-up-'));
  chmodSync(folder, 0o755); // for somebody else, see home.ts
  const inFolder = async (name: string, work: (place: string) => Promise<void>) => {
    const place = path.join(folder, name);
    await work(place);
    rmSync(place, { recursive: true, force: true });
  };
  try {
    await inFolder('a place with späces – 場所', async (place) => {
      const checkout = new Checkout(place);
      await tally.try('a folder with spaces and letters beyond ASCII', () => checkout.setUpWell());
      await changeVersions(checkout, path.join(folder, 'nodes'), tally);
      await setUpTogether(checkout, tally);
    });
    await inFolder('home', (place) => closeHome(place, tally));
    await inFolder('network', (place) => cutNetwork(place, tally));
    await inFolder('disk', (place) => fillDisk(place, tally));
    await inFolder('killed', (place) => killSetUps(KILLS, place, tally));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return tally;
}
