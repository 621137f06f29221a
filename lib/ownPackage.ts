/**
 * This library's own package.
 */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

function versionIn(folder: string): string | undefined {
  const file = join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}

/** The folder of this library's package, wherever this file was compiled to. */
export function packageFolder(): string {
  let folder = __dirname;
  // What package.json a folder of sources has besides is without a version.
  while (versionIn(folder) === undefined) folder = dirname(folder);
  return folder;
}

/** The version of this library. */
export function packageVersion(): string {
  return versionIn(packageFolder())!;
}
