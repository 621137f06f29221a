/** Small files of each format, as Pillow writes them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const FIXTURES = JSON.parse(readFileSync(join(__dirname, '../../fixtures/pillow/pictures.json'), 'utf8')) as {
  name: string;
  file: string;
}[];

export const SMALL_FILES: readonly Buffer[] = FIXTURES.map(({ file }) => Buffer.from(file, 'base64'));

export const smallFile = (name: string): Buffer =>
  SMALL_FILES[FIXTURES.findIndex((entry) => entry.name === name)];
