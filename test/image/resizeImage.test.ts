/**
 * Resizing, against Pillow's.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ImageError } from '../../lib/errors';
import type { Image } from '../../lib/image/image';
import { readImage } from '../../lib/image/readImage';
import { type Fit, resizeImage } from '../../lib/image/resizeImage';

const fixture = JSON.parse(readFileSync(join(__dirname, '../fixtures/pillow/resized.json'), 'utf8')) as {
  source: string;
  fit: Fit;
  rgb: string;
}[];

for (const { source, fit, rgb } of fixture) {
  test(`${source}, ${fit}: as Pillow's BILINEAR`, async () => {
    const image = await readImage(join(__dirname, '../../data/pictures', source));
    const { width, height, data } = resizeImage(image, 32, 32, fit);
    assert.deepEqual([width, height], [32, 32]);
    const expected = Buffer.from(rgb, 'base64');
    // Pillow rounds once more, between rows and columns.
    const difference = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - data[i])), 0);
    assert.ok(difference <= 1, `a channel is off by ${difference}`);
  });
}

/** Left half black, right half white. */
function halves(width: number, height: number): Image {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) data[i] = Math.floor(i / 3) % width < width / 2 ? 0 : 255;
  return { width, height, data };
}

test('fine stripes become gray, not stripes of another width', () => {
  const side = 320;
  const data = Uint8Array.from({ length: side * side * 3 }, (_, i) => (Math.floor(i / 3) % 2) * 255);
  const small = resizeImage({ width: side, height: side, data }, 32, 32);
  assert.ok(small.data.every((value) => Math.abs(value - 127.5) < 16));
});

test('a large image takes a moment', () => {
  const image = { width: 6000, height: 4000, data: new Uint8Array(6000 * 4000 * 3).fill(77) };
  const start = performance.now();
  assert.ok(resizeImage(image, 32, 32).data.every((value) => value === 77));
  assert.ok(performance.now() - start < 3000);
});

test('a smaller, a narrow and a one-pixel image grow', () => {
  for (const [width, height] of [
    [16, 16],
    [8, 200],
    [1, 1],
  ]) {
    const { data } = resizeImage(halves(width, height), 32, 32);
    assert.equal(data.length, 32 * 32 * 3);
    if (width > 1) assert.deepEqual([data[0], data[31 * 3]], [0, 255]);
  }
});

test('an image of the size asked for is the same', () => {
  const image = halves(32, 32);
  assert.equal(resizeImage(image, 32, 32), image);
});

test('data that do not fit the size are an ImageError', () => {
  const rgba = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 4) };
  assert.throws(() => resizeImage(rgba, 32, 32), ImageError);
});
