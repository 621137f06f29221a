/** An image file: how it is made, and what is to come of it. */
import { createHash } from 'node:crypto';
import { ImageError } from '../../../lib/errors';
import { type Case, type Refusal, refused } from '../judge';

export type Row = [
  name: string,
  make: () => Uint8Array | string | Promise<Uint8Array>,
  expect: Case['expect'],
];

export const bad = (message: RegExp): Refusal => refused(ImageError, message);

/** Bytes that are the same each time, and nothing. */
export const noise = (length: number): Buffer =>
  Buffer.concat(
    Array.from({ length: Math.ceil(length / 64) }, (_, i) => createHash('sha512').update(`${i}`).digest()),
  );

/** A file with some bytes written over. */
export function patched(file: Buffer, at: number, bytes: Uint8Array | string): Buffer {
  const copy = Buffer.from(file);
  copy.set(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, at);
  return copy;
}
