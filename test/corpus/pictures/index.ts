/** Image files, bad and odd. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { predictFile } from '../../../lib/prediction/predictFile';
import type { Case } from '../judge';
import { network } from '../network';
import { BITMAPS } from './bitmaps';
import { BOMBS } from './bombs';
import { CLAIMS } from './claims';
import { DAMAGED } from './damaged';
import { GOOD_BUT_ODD } from './goodButOdd';
import { OTHER_THINGS } from './otherThings';

/** All of them, each a file whose name says the wrong thing. */
export const PICTURES: readonly Case[] = [
  ...OTHER_THINGS,
  ...DAMAGED,
  ...CLAIMS,
  ...BOMBS,
  ...BITMAPS,
  ...GOOD_BUT_ODD,
].map(([name, make, expect]) => ({
  name,
  expect,
  async prepare(folder) {
    const net = await network();
    const path = join(folder, 'picture.jpg');
    await writeFile(path, await make());
    return { read: () => predictFile(net, path) };
  },
}));
