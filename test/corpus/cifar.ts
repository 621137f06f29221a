/** CIFAR-10's files, altered, cut off, and other files in their place. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readBatches } from '../../lib/data/binary';
import { loadCifar10 } from '../../lib/data/cifar10';
import { BATCH_BYTES, BATCH_FILES, CIFAR10_FOLDER } from '../../lib/data/download/cifar10Files';
import { packageDataFolder, projectDataFolder } from '../../lib/data/folders';
import { DataError } from '../../lib/errors';
import { type Case, refused } from './judge';

const bad = (message: RegExp) => refused(DataError, message);

/** 200 records, as in a batch of CIFAR-10. */
export const BATCH: string = join(packageDataFolder(), 'sample', 'test.bin');

export const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

/** A file with one bit turned over. */
export function flipped(bytes: Uint8Array, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[bit >> 3] ^= 1 << (bit & 7);
  return copy;
}

/** Of which the hash is known; what is there is something else. */
function altered(name: string, spoil: (batch: Buffer) => Uint8Array, message: RegExp): Case {
  return {
    name: `a batch, ${name}`,
    expect: bad(message),
    async prepare(folder) {
      const path = join(folder, 'batch.bin');
      const batch = await readFile(BATCH);
      await writeFile(path, spoil(batch));
      return { read: () => readBatches([path], [md5(batch)]) };
    },
  };
}

/** Of which no hash is known. */
function unknown(name: string, prepare: (path: string) => Promise<unknown> | unknown, message: RegExp): Case {
  return {
    name: `a batch, ${name}`,
    expect: bad(message),
    async prepare(folder) {
      const path = join(folder, 'batch.bin');
      await prepare(path);
      return { read: () => readBatches([path]) };
    },
  };
}

const BATCHES: Case[] = [
  altered('its first bit turned', (batch) => flipped(batch, 0), /its md5 is/),
  altered('a bit in its middle turned', (batch) => flipped(batch, batch.length * 4), /its md5 is/),
  altered('its last bit turned', (batch) => flipped(batch, batch.length * 8 - 1), /its md5 is/),
  altered('a record less', (batch) => batch.subarray(3073), /its md5 is/),
  altered('a record twice', (batch) => Buffer.concat([batch.subarray(0, 3073), batch]), /its md5 is/),
  altered('a byte less', (batch) => batch.subarray(1), /no whole number of records/),
  altered('zeros', (batch) => Buffer.alloc(batch.length), /its md5 is/),
  unknown('missing', () => {}, /can't be read: ENOENT/),
  unknown('empty', (path) => writeFile(path, ''), /0 bytes, which is no whole number of records/),
  unknown(
    '5,000 bytes',
    (path) => writeFile(path, Buffer.alloc(5000)),
    /5000 bytes, which is no whole number/,
  ),
  unknown(
    'a label of 10',
    (path) => writeFile(path, Buffer.alloc(3073, 10)),
    /Label 10 of image 0 is out of range/,
  ),
  unknown('a page', (path) => writeFile(path, '<!doctype html><html>'), /no whole number of records/),
  unknown('a folder', (path) => mkdir(path), /no regular file/),
  unknown('a device without end', (path) => symlink('/dev/zero', path), /no regular file/),
  unknown('a pipe that nobody writes to', (path) => execFileSync('mkfifo', [path]), /no regular file/),
];

/** The real files, where the project has them. */
const REAL = [join(projectDataFolder(), CIFAR10_FOLDER)].find(existsSync);

/** All of CIFAR-10, in which one bit of one file is turned. */
function turnedIn(name: string, bit: number): Case {
  return {
    name: `CIFAR-10, bit ${bit} of ${name} turned`,
    expect: bad(new RegExp(`${name} isn't what it should be: its md5 is`)),
    memory: 300e6, // the data set itself has 184 MB
    async prepare(folder) {
      for (const file of BATCH_FILES) {
        const [from, to] = [join(REAL!, file.name), join(folder, file.name)];
        await (file.name === name ? writeFile(to, flipped(await readFile(from), bit)) : symlink(from, to));
      }
      return { read: () => loadCifar10({ root: folder }) };
    },
  };
}

const WHOLE: Case[] = [
  turnedIn('data_batch_1.bin', 0),
  turnedIn('data_batch_4.bin', 123_456_789),
  turnedIn('test_batch.bin', BATCH_BYTES * 8 - 1),
];

export const CIFAR: readonly Case[] = [...BATCHES, ...(REAL ? WHOLE : [])];
