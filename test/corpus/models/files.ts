/** Saved networks with files that are missing, cut off, of another network, or no files. */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { saveModel } from '../../../lib/models/files/saveModel';
import { resnet18 } from '../../../lib/models/resNet';
import type { Case } from '../judge';
import { type Saved, weightsFile } from './saved';
import { bad, spoilt } from './spoilt';

export const FILES: readonly Case[] = [
  spoilt('nothing', (folder) => rm(folder, { recursive: true }), bad(/There is no network at/)),
  spoilt('no model.json', (folder) => rm(join(folder, 'model.json')), bad(/without a model\.json/)),
  spoilt(
    'a folder for model.json',
    (folder) => instead(join(folder, 'model.json'), mkdir),
    bad(/without a model/),
  ),
  spoilt(
    'a device for model.json',
    (folder) => instead(join(folder, 'model.json'), (path) => symlink('/dev/zero', path)),
    bad(/without a model\.json that can be read/),
  ),
  spoilt('model.json cut off', (folder) => truncate(join(folder, 'model.json'), 1000), bad(/isn't JSON/)),
  spoilt('model.json empty', (folder) => truncate(join(folder, 'model.json'), 0), bad(/isn't JSON/)),
  spoilt('no weights', async (folder) => rm(await weightsFile(folder)), bad(/weights .* can't be read/)),
  spoilt(
    'weights cut off',
    async (folder) => truncate(await weightsFile(folder), 1000),
    bad(/has 1000 bytes/),
  ),
  spoilt('weights empty', async (folder) => truncate(await weightsFile(folder), 0), bad(/has 0 bytes/)),
  spoilt(
    'weights of a terabyte',
    async (folder) => truncate(await weightsFile(folder), 1e12),
    bad(/has 1000000000000 bytes/),
  ),
  spoilt(
    'a device for weights',
    async (folder) => instead(await weightsFile(folder), (path) => symlink('/dev/zero', path)),
    bad(/has 0 bytes/),
  ),
  spoilt(
    'a pipe for weights',
    async (folder) => instead(await weightsFile(folder), (path) => execFileSync('mkfifo', [path])),
    bad(/has 0 bytes/),
  ),
  spoilt(
    'weights of a network of another size',
    async (folder) => {
      const other = `${folder}-other`;
      await saveModel(resnet18({ width: 1 }), other);
      const { weightsManifest } = JSON.parse(await readFile(join(other, 'model.json'), 'utf8')) as Saved;
      const json = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as Saved;
      await cp(await weightsFile(other), join(folder, weightsManifest[0].paths[0]));
      await writeFile(join(folder, 'model.json'), JSON.stringify({ ...json, weightsManifest }));
    },
    bad(/don't fit together/),
  ),
];

/** Has something else in a file's place. */
async function instead(path: string, make: (path: string) => unknown): Promise<void> {
  await rm(path);
  await make(path);
}
