/** Images that claim to be larger than is good, or than they are. */

import { jpegClaiming, jpegOfScans, plain, png, tiff } from '../imageBytes';
import { isPrediction } from '../network';
import { bad, patched, type Row } from './row';

export const CLAIMS: readonly Row[] = [
  ['PNG, 30,000×30,000 pixels', () => png({ width: 30_000, height: 30_000 }), bad(/30000×30000 pixels/)],
  ['PNG, 2³¹ pixels a side', () => png({ width: 2 ** 31 - 1, height: 2 ** 31 - 1 }), bad(/broken|pixels/)],
  ['PNG, more than is there', () => png({ width: 2000, height: 2000 }), bad(/broken PNG/)],
  [
    'JPEG, 30,000×30,000 pixels',
    async () => jpegClaiming(await plain().jpeg().toBuffer(), 30_000, 30_000),
    bad(/30000×30000 pixels/),
  ],
  [
    'WebP, 16,383×16,383 pixels',
    async () =>
      patched(await plain().webp({ lossless: true }).toBuffer(), 21, [0xfe, 0xbf, 0xff, 0x0f] as never),
    bad(/16383×16383 pixels/),
  ],
  [
    'GIF, 65,535×65,535 pixels',
    async () => patched(await plain().gif().toBuffer(), 6, '\xff\xff\xff\xff'),
    isPrediction,
  ],
  [
    'AVIF, 30,000×30,000 pixels',
    async () => {
      const file = await plain().avif().toBuffer();
      return patched(file, file.indexOf('ispe') + 8, '\0\0\x75\x30\0\0\x75\x30');
    },
    bad(/30000×30000 pixels/),
  ],
  ['TIFF, 30,000×30,000 pixels', () => tiff({ width: 30_000, height: 30_000 }), bad(/30000×30000 pixels/)],
  ['TIFF, more than is there', () => tiff({ width: 9999, height: 9999 }), bad(/broken TIFF/)],
  ['TIFF of 5,000 pages', () => tiff({ width: 2, height: 2, pages: 5000 }), isPrediction],
  ['JPEG that is drawn over 10,000 times', () => jpegOfScans(10_000), bad(/more than 100 scans/)],
];
