/**
 * Checksums of bytes and of files.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** A hash in hexadecimal, and the function it was computed with. */
export interface Checksum {
  readonly algorithm: 'md5' | 'sha512';
  readonly hex: string;
}

/** Tells whether a file's bytes have this checksum, reading it piece by piece. */
export async function fileMatches(path: string, { algorithm, hex }: Checksum): Promise<boolean> {
  const hash = createHash(algorithm);
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex') === hex;
}

/** The md5 of bytes in memory, in hexadecimal. */
export function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}
