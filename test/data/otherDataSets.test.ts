/** CIFAR-100 and IDX files, of bytes written here by their descriptions. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { CIFAR100_CLASS_NAMES, CIFAR100_COARSE_CLASS_NAMES, loadCifar100 } from '../../lib/data/cifar100';
import { loadIdx } from '../../lib/data/idx';
import { ConfigError, DataError } from '../../lib/errors';

let root: string;

before(() => {
  root = mkdtempSync(join(tmpdir(), 'data-sets-'));
});
after(() => rmSync(root, { recursive: true, force: true }));

describe('CIFAR-100', () => {
  const RECORD = 3074;

  /** Files of the right sizes, zeros but for the last record: coarse 19, fine 99, red 1, green 2, blue 3. */
  before(() => {
    const folder = join(root, 'whole', 'cifar-100-binary');
    mkdirSync(folder, { recursive: true });
    for (const [name, images] of [
      ['train.bin', 50_000],
      ['test.bin', 10_000],
    ] as const) {
      const path = join(folder, name);
      const file = openSync(path, 'w');
      const record = Buffer.concat([
        Buffer.of(19, 99),
        ...[1, 2, 3].map((value) => Buffer.alloc(1024, value)),
      ]);
      writeSync(file, record, 0, RECORD, (images - 1) * RECORD);
    }
  });

  test('CIFAR-100 is read with its fine or its coarse labels', async () => {
    const fine = await loadCifar100({ root: join(root, 'whole') });
    assert.deepEqual([fine.train.length, fine.test.length], [50_000, 10_000]);
    assert.deepEqual([...fine.test.image(9_999).subarray(-6)], [1, 2, 3, 1, 2, 3]);
    assert.equal(fine.test.classNames[fine.test.labels[9_999]], 'worm');
    const coarse = await loadCifar100({ root: join(root, 'whole', 'cifar-100-binary'), labels: 'coarse' });
    assert.equal(coarse.train.classNames[coarse.train.labels[49_999]], 'vehicles_2');
    assert.equal(coarse.train.classNames[coarse.train.labels[0]], 'aquatic_mammals');
    assert.deepEqual([CIFAR100_CLASS_NAMES.length, CIFAR100_COARSE_CLASS_NAMES.length], [100, 20]);
  });

  test('CIFAR-100 that isn’t there or isn’t whole is told, with where to get it', async () => {
    await assert.rejects(loadCifar100({ root }), /isn't in .*cifar-100-binary\.tar\.gz/s);
    await assert.rejects(loadCifar100({ labels: 'all' as 'fine' }), ConfigError);
    truncateSync(join(root, 'whole', 'cifar-100-binary', 'test.bin'), 1000);
    await assert.rejects(
      loadCifar100({ root: join(root, 'whole') }),
      /test.bin has 1000 bytes, not 30740000/,
    );
  });
});

describe('IDX files', () => {
  const idx = (sizes: number[], values: number[]) => {
    const header = Buffer.alloc(4 + 4 * sizes.length);
    header[2] = 8;
    header[3] = sizes.length;
    sizes.forEach((size, i) => {
      header.writeUInt32BE(size, 4 + 4 * i);
    });
    return Buffer.concat([header, Buffer.from(values)]);
  };
  const pixels = (count: number) => Array.from({ length: count }, (_, i) => i);

  /** A folder with the four files of a data set of 2×3 pixels, some replaced. */
  function folderOf(name: string, replaced: Record<string, Buffer | null> = {}): string {
    const folder = join(root, name);
    mkdirSync(folder);
    const files: Record<string, Buffer | null> = {
      'train-images-idx3-ubyte.gz': gzipSync(idx([3, 2, 3], pixels(18))),
      'train-labels-idx1-ubyte.gz': gzipSync(idx([3], [0, 2, 1])),
      't10k-images-idx3-ubyte': idx([1, 2, 3], pixels(6)),
      't10k-labels-idx1-ubyte': idx([1], [1]),
      ...replaced,
    };
    for (const [file, bytes] of Object.entries(files)) if (bytes) writeFileSync(join(folder, file), bytes);
    return folder;
  }

  test('IDX files are read, packed or not, with labels for names or names of one’s own', async () => {
    const { train, test: tests } = await loadIdx(folderOf('gray'));
    assert.deepEqual(
      [train.imageShape, train.classNames],
      [
        [2, 3, 1],
        ['0', '1', '2'],
      ],
    );
    assert.deepEqual(
      [[...train.image(1)], [...train.labels]],
      [
        [6, 7, 8, 9, 10, 11],
        [0, 2, 1],
      ],
    );
    assert.deepEqual([tests.length, [...tests.labels]], [1, [1]]);
    const named = await loadIdx(join(root, 'gray'), { classNames: ['a', 'b', 'c'] });
    assert.deepEqual(named.train.classNames, ['a', 'b', 'c']);
  });

  test('IDX files may have channels, and a name before the part’s', async () => {
    const { train } = await loadIdx(
      folderOf('named', {
        'train-images-idx3-ubyte.gz': null,
        'emnist-letters-train-images-idx4-ubyte': idx([3, 2, 1, 3], pixels(18)),
      }),
    );
    assert.deepEqual(train.imageShape, [2, 1, 3]);
  });

  const broken: Record<string, [Record<string, Buffer | null>, RegExp]> = {
    'a missing file': [{ 't10k-labels-idx1-ubyte': null }, /has no labels of the part t10k or test/],
    'other numbers': [
      { 't10k-images-idx3-ubyte': Buffer.from([0, 0, 13, 3, 0, 0, 0, 1]) },
      /is no IDX file of bytes/,
    ],
    'a cut file': [{ 't10k-images-idx3-ubyte': idx([1, 2, 3], pixels(5)) }, /has 5 numbers .* says 1×2×3/],
    'a size that nothing has': [
      { 't10k-images-idx3-ubyte': idx([4e9, 4e9, 4e9], pixels(6)) },
      /says 4000000000×4000000000×4000000000/,
    ],
    'a cut archive': [
      { 'train-images-idx3-ubyte.gz': gzipSync(idx([3, 2, 3], pixels(18))).subarray(0, 20) },
      /can't be read/,
    ],
    'fewer labels': [{ 'train-labels-idx1-ubyte.gz': idx([2], [0, 1]) }, /don't fit 2 labels/],
    'labels for images': [{ 't10k-images-idx3-ubyte': idx([1], [0]) }, /no images with their labels/],
  };
  for (const [what, [replaced, message]] of Object.entries(broken)) {
    test(`IDX files with ${what} are refused`, async () => {
      const folder = folderOf(what.replaceAll(' ', '-'), replaced);
      await assert.rejects(
        loadIdx(folder),
        (error: Error) => error instanceof DataError && message.test(error.message),
      );
    });
  }

  test('IDX files of more classes than names are refused', async () => {
    await assert.rejects(
      loadIdx(join(root, 'gray'), { classNames: ['a'] }),
      /Label 2 of image 1 is out of range/,
    );
    await assert.rejects(loadIdx(join(root, 'nowhere')), DataError);
  });
});
