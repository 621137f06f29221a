/** Inputs that nobody thought of, for each reader of files: nothing but a right value or a typed error comes of them. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { readBatches } from '../../lib/data/binary';
import { readLabels, readPixels } from '../../lib/data/npmPackage';
import { resnet10 } from '../../lib/models/resNet';
import { readPicture } from '../../lib/prediction/readPicture';
import { loadModel } from '../../lib/training/loadModel';
import { saveModel } from '../../lib/training/saveModel';
import { checkpointIn } from './checkpoints';
import { BATCH, flipped, md5 } from './cifar';
import { assertTyped } from './judge';
import { bmp, plain } from './pictureBytes';
import { SMALL_FILES } from './pictures/smallFiles';

/** A property, in a folder of its own. */
export interface Fuzzer {
  readonly name: string;
  /** How many inputs are tried where there is little time. */
  readonly runs: number;
  property(folder: string): Promise<fc.IAsyncProperty<unknown>> | fc.IAsyncProperty<unknown>;
}

/** What an arbitrary gives. */
type Of<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never;

/** Fails unless an attempt ends well, or in a typed error. */
async function comesThrough<Value>(
  attempt: () => Promise<Value>,
  check: (value: Value) => unknown = () => {},
): Promise<void> {
  let value: Value;
  try {
    value = await attempt();
  } catch (error) {
    return assertTyped(error);
  }
  check(value);
}

/** Fails unless an attempt ends in a typed error. */
const isRefused = (attempt: () => Promise<unknown>) =>
  comesThrough(attempt, () => assert.fail('it was taken for good'));

/** Bytes written over, each at a share of the file's length, and where the file is cut off. */
const damage = fc.record({
  bytes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { maxLength: 8 }),
  end: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
});

function damaged(file: Uint8Array, { bytes, end }: Of<typeof damage>): Buffer {
  const copy = Buffer.from(file);
  for (const [at, byte] of bytes) copy[Math.floor(at * (file.length - 1))] = byte;
  return copy.subarray(0, Math.ceil(end * file.length));
}

/** A place in a JSON text, by steps from its root, and what is there instead. */
const change = fc.tuple(fc.array(fc.nat(), { minLength: 1, maxLength: 9 }), fc.jsonValue());

function changed(text: string, [steps, value]: Of<typeof change>): string {
  const root = { json: JSON.parse(text) };
  let [parent, key]: [Record<string, unknown>, string] = [root, 'json'];
  for (const step of steps) {
    const child = parent[key];
    const keys = Object.keys(Object(typeof child === 'string' ? undefined : child));
    if (keys.length === 0) break;
    [parent, key] = [child as Record<string, unknown>, keys[step % keys.length]];
  }
  parent[key] = value;
  return JSON.stringify(root.json);
}

async function readsPicture(bytes: Uint8Array): Promise<void> {
  await comesThrough(
    () => readPicture(bytes),
    ({ width, height, data }) => assert.equal(data.length, width * height * 3),
  );
}

const SIGNATURES = [
  '\xff\xd8\xff',
  '\x89PNG\r\n\x1a\n',
  'GIF89a',
  'II*\0',
  'BM',
  'RIFF\0\0\0\0WEBP',
  '\0\0\0\x1cftypavif',
];

const PICTURES: Fuzzer[] = [
  {
    name: 'a picture file with bytes altered, or cut off',
    runs: 600,
    property: () =>
      fc.asyncProperty(fc.constantFrom(...SMALL_FILES), damage, (file, harm) =>
        readsPicture(damaged(file, harm)),
      ),
  },
  {
    name: "any bytes behind a picture's first ones",
    runs: 600,
    property: () =>
      fc.asyncProperty(
        fc.constantFrom('', ...SIGNATURES),
        fc.uint8Array({ maxLength: 300 }),
        (start, bytes) => readsPicture(Buffer.concat([Buffer.from(start, 'latin1'), bytes])),
      ),
  },
  {
    name: 'a BMP of any header',
    runs: 600,
    property: () =>
      fc.asyncProperty(
        fc.record({
          width: fc.oneof(
            fc.integer({ min: -2, max: 40 }),
            fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
          ),
          height: fc.oneof(
            fc.integer({ min: -40, max: 40 }),
            fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
          ),
          bits: fc.oneof(fc.constantFrom(1, 4, 8, 16, 24, 32), fc.nat(65_535)),
          compression: fc.nat(7),
          masks: fc.array(fc.nat({ max: 2 ** 32 - 1 }), { maxLength: 4 }),
          palette: fc.array(fc.nat(255), { maxLength: 1024 }),
          pixels: fc.array(fc.nat(255), { maxLength: 2000 }),
        }),
        (claims) => readsPicture(bmp(claims)),
      ),
  },
];

const DATA: Fuzzer[] = [
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

const SAVED: Fuzzer[] = [
  {
    name: 'a model.json with something else in one place',
    runs: 60,
    async property(folder) {
      const path = join(folder, 'net');
      await saveModel(resnet10({ width: 1 }), path);
      const file = join(path, 'model.json');
      const text = await readFile(file, 'utf8');
      return fc.asyncProperty(change, async (what) => {
        await writeFile(file, changed(text, what));
        await comesThrough(
          () => loadModel(path),
          (net) => net.dispose(),
        );
      });
    },
  },
  {
    name: 'a checkpoint that says something else in one place',
    runs: 60,
    property: (folder) =>
      fc.asyncProperty(change, async (what) => {
        const { resume } = await checkpointIn(folder, (files) => {
          files['checkpoint.json'] = changed(files['checkpoint.json'] as string, what);
        });
        await comesThrough(resume);
      }),
  },
  {
    name: 'a checkpoint with one bit turned',
    runs: 60,
    property: (folder) =>
      fc.asyncProperty(
        fc.constantFrom('weights.bin', 'velocities.bin', 'checkpoint.json'),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (name, at) => {
          const { path, resume } = await checkpointIn(folder);
          const bytes = await readFile(join(path, name));
          await writeFile(join(path, name), flipped(bytes, Math.floor(at * (bytes.length * 8 - 1))));
          await isRefused(resume);
        },
      ),
  },
];

export const FUZZERS: readonly Fuzzer[] = [...PICTURES, ...DATA, ...SAVED];

/**
 * Tries a fuzzer's inputs.
 *
 * @param seed the same one gives the same inputs
 * @throws Error with the smallest input that fails, and the seed
 */
export async function fuzz(
  { property, runs }: Fuzzer,
  options: { times: number; seed: number },
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'fuzz-'));
  try {
    await fc.assert(await property(folder), {
      numRuns: runs * options.times,
      seed: options.seed,
      includeErrorInReport: true,
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}
