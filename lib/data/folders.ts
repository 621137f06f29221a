/**
 * Where data lies: the `data` folder of the reader's project, and the one that ships with this library.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { packageFolder } from '../ownPackage';

/**
 * The `data` folder of the project that the program runs in: beside the nearest `package.json` at or above
 * the working directory, which for a notebook is the folder it lies in; without one, in the working
 * directory.
 */
export function projectDataFolder(): string {
  for (let folder = process.cwd(); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return join(folder, 'data');
    if (folder === dirname(folder)) return join(process.cwd(), 'data');
  }
}

/** The `data` folder of this library's own package: the sample of CIFAR-10, images, pretrained networks. */
export function packageDataFolder(): string {
  return join(packageFolder(), 'data');
}
