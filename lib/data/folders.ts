/**
 * Where data lies: the `data` folder of the reader's project, and the one that ships with this library.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

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

/** This library's own package, wherever this file was compiled to. */
export function packageFolder(): string {
  // What package.json a folder of sources has besides is without a version.
  const isPackage = (folder: string) => {
    const file = join(folder, 'package.json');
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).version !== undefined;
  };
  let folder = __dirname;
  while (!isPackage(folder)) folder = dirname(folder);
  return folder;
}

/** The `data` folder of this library's own package: the sample of CIFAR-10, images, pretrained networks. */
export function packageDataFolder(): string {
  return join(packageFolder(), 'data');
}
