/** Images at random. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { readImage } from '../../../lib/image/readImage';
import { bmp } from '../imageBytes';
import { SMALL_FILES } from '../pictures/smallFiles';
import { damage, damaged } from './damage';
import { comesThrough, type Fuzzer } from './fuzzer';

async function readsImage(bytes: Uint8Array): Promise<void> {
  await comesThrough(
    () => readImage(bytes),
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

export const PICTURES: readonly Fuzzer[] = [
  {
    name: 'an image file with bytes altered, or cut off',
    runs: 600,
    property: () =>
      fc.asyncProperty(fc.constantFrom(...SMALL_FILES), damage, (file, harm) =>
        readsImage(damaged(file, harm)),
      ),
  },
  {
    name: "any bytes behind a picture's first ones",
    runs: 600,
    property: () =>
      fc.asyncProperty(
        fc.constantFrom('', ...SIGNATURES),
        fc.uint8Array({ maxLength: 300 }),
        (start, bytes) => readsImage(Buffer.concat([Buffer.from(start, 'latin1'), bytes])),
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
        (claims) => readsImage(bmp(claims)),
      ),
  },
];
