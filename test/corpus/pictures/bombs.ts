/** Small images that unpack to much. */
import { deflateSync } from 'node:zlib';
import { png, pngText } from '../imageBytes';
import { isPrediction } from '../network';
import type { Row } from './row';

/** What is made when it is first asked for. */
function lazily<Value>(make: () => Value): () => Value {
  let value: Value | undefined;
  return () => {
    value ??= make();
    return value;
  };
}

/** 250 MB of zeros in 250 kB. */
const bomb = lazily(() => deflateSync(Buffer.alloc(250e6)));

export const BOMBS: readonly Row[] = [
  ['PNG, 250 MB for 2×2 pixels', () => png({ width: 2, height: 2, rows: bomb() }), isPrediction],
  [
    'PNG, 250 MB of a color profile',
    () => png({ width: 1, height: 1, chunks: [pngText('iCCP', bomb())] }),
    isPrediction,
  ],
  [
    'PNG, 250 MB of a comment',
    () => png({ width: 1, height: 1, chunks: [pngText('zTXt', bomb())] }),
    isPrediction,
  ],
  [
    'PNG, 40 million pixels in 250 kB',
    () => png({ width: 8000, height: 5000, bits: 1, color: 0, rows: bomb() }),
    isPrediction,
  ],
  [
    'PNG, 10 million pixels of 16 bits and alpha in 250 kB',
    () => png({ width: 5000, height: 2000, bits: 16, color: 6, rows: bomb() }),
    isPrediction,
  ],
];
