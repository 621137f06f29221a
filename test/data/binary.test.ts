/** CIFAR-10's binary layout, read and written; the folder it is looked for in. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readBatches, writeBatch } from '../../lib/data/binary';
import { ensureCifar10, loadCifar10 } from '../../lib/data/cifar10';
import { BATCH_BYTES, BATCH_FILES, findCifar10 } from '../../lib/data/download/cifar10Files';
import { packageDataFolder, projectDataFolder } from '../../lib/data/folders';
import { channelStatistics } from '../../lib/data/normalization';
import { DataError } from '../../lib/errors';

const samplePath = join(packageDataFolder(), 'sample', 'test.bin');
let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resnet-data-'));
});
after(() => rm(folder, { recursive: true }));

describe('batch files', () => {
  test('batch files: a record is a label, then red, green and blue, row by row', async () => {
    const record = new Uint8Array(3073);
    record[0] = 7;
    record[1 + 33] = 10; // red of row 1, column 1
    record[1 + 1024 + 33] = 20; // green
    record[1 + 2048 + 33] = 30; // blue
    const path = join(folder, 'one.bin');
    await writeFile(path, record);
    const dataset = await readBatches([path]);
    assert.deepEqual([...dataset.labels], [7]);
    const at = (1 * 32 + 1) * 3;
    assert.deepEqual([...dataset.image(0).subarray(at, at + 3)], [10, 20, 30]);
    assert.equal(
      dataset.images.reduce((sum, value) => sum + value, 0),
      60,
    );
  });

  test('batch files: what is written is what was read, byte for byte, and nothing else is left', async () => {
    const inside = join(folder, 'round-trip');
    await mkdir(inside);
    await writeBatch(join(inside, 'copy.bin'), await readBatches([samplePath]));
    assert.deepEqual(await readFile(join(inside, 'copy.bin')), await readFile(samplePath));
    assert.deepEqual(await readdir(inside), ['copy.bin']);
  });

  test('batch files: several files are one data set, in their order', async () => {
    const one = await readBatches([join(folder, 'one.bin')]);
    const sample = await readBatches([samplePath]);
    const both = await readBatches([join(folder, 'one.bin'), samplePath]);
    assert.equal(both.length, 201);
    assert.deepEqual(both.image(0), one.image(0));
    assert.deepEqual(both.image(200), sample.image(199));
  });
});

describe('the folder of CIFAR-10', () => {
  test('the folder of CIFAR-10: a wrong folder is refused, saying what was looked for and what is there', async () => {
    const wrong = join(folder, 'wrong');
    await mkdir(wrong);
    await assert.rejects(ensureCifar10({ root: wrong }), /the folder is empty/);
    await writeFile(join(wrong, 'data_batch_1'), '');
    await assert.rejects(ensureCifar10({ root: wrong }), (error: Error) => {
      assert.ok(error instanceof DataError);
      assert.match(error.message, /looked for data_batch_1\.bin to data_batch_5\.bin and test_batch\.bin/);
      assert.match(error.message, /found data_batch_1\.\n.*not the Python or Matlab one/);
      return true;
    });
    await assert.rejects(ensureCifar10({ root: join(folder, 'nowhere') }), /there is no such folder/);
  });

  test('the folder of CIFAR-10: CIFAR10_DIR is looked at like root, and root goes before it', async () => {
    process.env.CIFAR10_DIR = join(folder, 'from-environment');
    try {
      await assert.rejects(ensureCifar10(), /from-environment/);
      await assert.rejects(ensureCifar10({ root: join(folder, 'by-option') }), /by-option/);
    } finally {
      delete process.env.CIFAR10_DIR;
    }
  });

  test('the folder of CIFAR-10: the folder itself or the one above it may be named', async () => {
    const inside = join(folder, 'whole', 'cifar-10-batches-bin');
    await mkdir(inside, { recursive: true });
    for (const { name } of BATCH_FILES) {
      await writeFile(join(inside, name), '');
      await truncate(join(inside, name), BATCH_BYTES); // a hole: no bytes on the disk
    }
    assert.equal(await ensureCifar10({ root: inside }), inside);
    assert.equal(await ensureCifar10({ root: join(folder, 'whole') }), inside);
    await assert.rejects(loadCifar10({ root: inside }), /data_batch_1\.bin isn't what it should be/);

    await truncate(join(inside, 'data_batch_3.bin'), 1000);
    await rm(join(inside, 'test_batch.bin'));
    await assert.rejects(
      ensureCifar10({ root: inside }),
      /isn't whole: data_batch_3\.bin has 1000 bytes, not 30730000, test_batch\.bin is missing/,
    );
  });
});

test('all of CIFAR-10, where it is there: counts, first labels and statistics', async (context) => {
  if (!(await findCifar10(projectDataFolder()))) return context.skip('CIFAR-10 is not in data/');
  const { train, test: held } = await loadCifar10();
  assert.deepEqual(train.classCounts(), new Array(10).fill(5000));
  assert.deepEqual(held.classCounts(), new Array(10).fill(1000));
  const { mean, std } = channelStatistics(train);
  const rounded = (values: readonly number[]) => values.map((value) => value.toFixed(5));
  assert.deepEqual(rounded(mean), ['0.49140', '0.48216', '0.44653']);
  assert.deepEqual(rounded(std), ['0.24703', '0.24349', '0.26159']);
});
