/**
 * Images from files: against Pillow's pixels where Pillow writes the format. Bad files are in test/corpus/pictures.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import sharp from 'sharp';
import { ImageError } from '../../lib/errors';
import type { Image } from '../../lib/image/image';
import { readImage } from '../../lib/image/readImage';
import { bmp } from '../corpus/imageBytes';

const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
after(() => rmSync(folder, { recursive: true }));

const fixture = JSON.parse(readFileSync(join(__dirname, '../fixtures/pillow/pictures.json'), 'utf8')) as {
  name: string;
  tolerance: number;
  file: string;
  width: number;
  height: number;
  rgb: string;
}[];

function fixtureFile(name: string): Buffer {
  return Buffer.from(fixture.find((entry) => entry.name === name)!.file, 'base64');
}

/** A file in the temporary folder. */
function fileOf(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function maxDifference(image: Image, expected: Uint8Array): number {
  assert.equal(image.data.length, expected.length);
  return image.data.reduce((most, value, i) => Math.max(most, Math.abs(value - expected[i])), 0);
}

describe('pixels as Pillow reads them', () => {
  for (const { name, tolerance, file, width, height, rgb } of fixture) {
    test(`pixels as Pillow reads them: ${name}`, async () => {
      const image = await readImage(Buffer.from(file, 'base64'));
      assert.deepEqual([image.width, image.height], [width, height]);
      const difference = maxDifference(image, Buffer.from(rgb, 'base64'));
      assert.ok(difference <= tolerance, `a channel is off by ${difference}`);
    });
  }
});

describe('pictures that Pillow does not write', () => {
  const colors = [255, 255, 255, 0, 0, 0, 200, 30, 30, 30, 30, 200];
  const row = { raw: { width: 4, height: 1, channels: 3 as const } };

  test('pictures that Pillow does not write: 16 bits a channel', async () => {
    const file = await sharp(Buffer.from(colors), row).toColourspace('rgb16').png().toBuffer();
    assert.equal((await sharp(file).metadata()).depth, 'ushort');
    assert.ok(maxDifference(await readImage(file), Uint8Array.from(colors)) <= 1);
  });

  test('pictures that Pillow does not write: 16 bits of grey', async () => {
    const file = await sharp(Buffer.from([0, 100, 255]), { raw: { width: 3, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    assert.equal((await sharp(file).metadata()).depth, 'ushort');
    const expected = [0, 100, 255].flatMap((value) => [value, value, value]);
    assert.ok(maxDifference(await readImage(file), Uint8Array.from(expected)) <= 1);
  });

  test('pictures that Pillow does not write: CMYK: neither inverted nor in wrong order', async () => {
    const blocks = { raw: { width: 4, height: 1, channels: 3 as const } };
    const file = await sharp(Buffer.from(colors), blocks)
      .resize(64, 16, { kernel: 'nearest', fit: 'fill' })
      .toColourspace('cmyk')
      .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
      .toBuffer();
    assert.equal((await sharp(file).metadata()).space, 'cmyk');
    const { data } = await readImage(file);
    const at = (x: number) => Array.from(data.subarray((8 * 64 + x) * 3, (8 * 64 + x) * 3 + 3));
    assert.ok(Math.min(...at(8)) > 240, `white is ${at(8)}`);
    assert.ok(Math.max(...at(24)) < 60, `black is ${at(24)}`);
    assert.ok(at(40)[0] > 150 && at(40)[1] < 90 && at(40)[2] < 90, `red is ${at(40)}`);
    assert.ok(at(56)[2] > at(56)[0] + 50 && at(56)[2] > at(56)[1] + 50, `blue is ${at(56)}`);
  });
});

describe('BMP', () => {
  const RED_GREEN = [255, 0, 0, 0, 255, 0];
  // Palettes are blue, green, red.
  const palette = [0, 0, 0, 0, 0, 0, 255, 0, 0, 255, 0, 0];

  const files: [string, Buffer][] = [
    ['4 bits', bmp({ width: 2, height: 1, bits: 4, palette, pixels: [0x12, 0, 0, 0] })],
    ['16 bits, 5 a channel', bmp({ width: 2, height: 1, bits: 16, pixels: [0x00, 0x7c, 0xe0, 0x03] })],
    [
      '16 bits, masks of 5, 6 and 5',
      bmp({
        width: 2,
        height: 1,
        bits: 16,
        compression: 3,
        masks: [0xf800, 0x7e0, 0x1f],
        pixels: [0, 0xf8, 0xe0, 0x07],
      }),
    ],
    [
      '32 bits, the fourth unused',
      bmp({ width: 2, height: 1, bits: 32, pixels: [0, 0, 255, 0, 0, 255, 0, 0] }),
    ],
    [
      'a header of 12 bytes',
      bmp({ width: 2, height: 1, bits: 24, core: true, pixels: [0, 0, 255, 0, 255, 0, 0, 0] }),
    ],
  ];
  for (const [name, file] of files) {
    test(`BMP: ${name}`, async () => assert.deepEqual(Array.from((await readImage(file)).data), RED_GREEN));
  }

  test('BMP: rows from the top where the height is negative', async () => {
    const pixels = [0, 0, 255, 0, 0, 255, 0, 0];
    const down = await readImage(bmp({ width: 1, height: -2, bits: 24, pixels }));
    const up = await readImage(bmp({ width: 1, height: 2, bits: 24, pixels }));
    assert.deepEqual([Array.from(down.data), down.height], [RED_GREEN, 2]);
    assert.deepEqual(Array.from(up.data), [0, 255, 0, 255, 0, 0]);
  });
});

/** Reading this fails, soon, with a message that says what was wrong and what to do. */
async function rejects(source: string, message: RegExp): Promise<void> {
  const start = performance.now();
  await assert.rejects(readImage(source), (error: Error) => {
    assert.ok(error instanceof ImageError, `${error}`);
    assert.match(error.message, message);
    assert.ok(error.fix.length > 0);
    return true;
  });
  assert.ok(performance.now() - start < 2000);
}

describe('paths that are no files are ImageErrors', () => {
  test('paths that are no files are ImageErrors: no such file', () =>
    rejects(join(folder, 'nothing.jpg'), /nothing\.jpg does not exist/));
  test('paths that are no files are ImageErrors: a file for a folder', () =>
    rejects(join(fileOf('f', 'x'), 'cat.jpg'), /does not exist/));
  test('paths that are no files are ImageErrors: a folder', () => rejects(folder, /is a folder/));
  test('paths that are no files are ImageErrors: no regular file', () =>
    rejects('/dev/zero', /no regular file/));
});

test('the bytes tell the format, not the name', async () => {
  const image = await readImage(fileOf('png.jpg', fixtureFile('PNG, color')));
  assert.equal(image.width, 13);
});
