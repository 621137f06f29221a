/** Images that are cut off, or altered so that they aren't of their format any more. */
import sharp from 'sharp';
import { plain, png, tiff } from '../imageBytes';
import { isPrediction, TRUCK } from '../network';
import { bad, patched, type Row } from './row';
import { smallFile } from './smallFiles';

const half = (file: Buffer) => file.subarray(0, file.length >> 1);

export const DAMAGED: readonly Row[] = [
  ...[
    'PNG, color',
    'GIF, palette',
    'WebP, lossless',
    'AVIF',
    'TIFF, deflate',
    'BMP, 24 bits',
    'JPEG, color',
  ].map((name): Row => [`half of ${name}`, () => half(smallFile(name)), bad(/broken/)]),
  ['a PNG photo without its end', () => TRUCK.subarray(0, TRUCK.length * 0.9), bad(/broken PNG/)],
  [
    'a JPEG photo without its end',
    async () => (await sharp(TRUCK).jpeg().toBuffer()).subarray(0, -2000),
    bad(/broken JPEG/),
  ],
  ['a PNG signature alone', () => TRUCK.subarray(0, 8), bad(/broken PNG/)],
  ['a JPEG signature alone', () => Buffer.from([0xff, 0xd8, 0xff]), bad(/broken JPEG/)],
  ['a GIF header alone', async () => (await plain().gif().toBuffer()).subarray(0, 13), bad(/broken GIF/)],
  [
    'altered bytes of a PNG',
    () => patched(smallFile('PNG, color'), 50, Buffer.alloc(20, 0x55)),
    bad(/broken/),
  ],
  [
    "a PNG's name over a JPEG",
    () => patched(smallFile('JPEG, color'), 0, '\x89PNG\r\n\x1a\n'),
    bad(/broken/),
  ],
  ['a PNG without width', () => png({ width: 0, height: 5 }), bad(/broken PNG/)],
  ['a PNG of no kind of color', () => png({ width: 1, height: 1, color: 5 }), bad(/broken PNG/)],
  ['a TIFF of 65,535 channels', () => tiff({ width: 9, height: 9, channels: 65_535 }), bad(/broken TIFF/)],
  [
    'a TIFF packed as nothing is',
    () => tiff({ width: 9, height: 9, compression: 8 }),
    bad(/broken TIFF image: /),
  ],
  [
    'a TIFF whose pages are a circle',
    () => tiff({ width: 2, height: 2, pages: 3, circle: true }),
    isPrediction,
  ],
];
