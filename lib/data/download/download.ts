/**
 * One file over HTTP: resumed where it broke off, checked, and there whole or not at all.
 */

import { open, rename, rm } from 'node:fs/promises';
import type { Response } from 'node-fetch';
import { DataError } from '../../errors';
import { fileSize } from '../../files';
import { type Checksum, fileMatches } from './checksum';
import { fetchFromWeb, ProxyError } from './proxy';

/** A file to download, and what it must be. */
export interface RemoteFile {
  readonly url: string;
  /** Its size in bytes. */
  readonly size: number;
  readonly checksum: Checksum;
}

/** How a download is watched. */
export interface DownloadOptions {
  /**
   * Told after each piece how many bytes there are, those of an earlier attempt included, and how many there
   * will be.
   */
  onProgress?: (done: number, total: number) => void;
  /** Milliseconds without an answer, or without 16 kB more of it, after which the connection is given up; 30,000 by default. */
  stallTimeout?: number;
}

/**
 * What went wrong: no connection, an HTTP status, a body that ended early, one that stopped coming, or other
 * bytes than expected.
 */
export type DownloadFault = 'network' | 'status' | 'truncated' | 'stalled' | 'altered';

const FIXES: Record<DownloadFault, string> = {
  network: 'Check the connection to the internet, and any proxy or firewall in between.',
  status: 'Try again later: the server refuses the file or is out of order.',
  truncated: 'Try again: what has arrived is kept.',
  stalled: 'Try again: what has arrived is kept.',
  altered:
    'Try again; if it stays so, something between here and the server, or the server, gives another file.',
};

/** A file that couldn't be downloaded. */
export class DownloadError extends DataError {
  readonly fault: DownloadFault;

  constructor(fault: DownloadFault, problem: string, options?: { cause?: unknown }) {
    super(problem, FIXES[fault], options);
    this.fault = fault;
  }
}

/** What has to come within the stall timeout: a server that sends a byte now and then would be waited for for years. */
const LEAST_BYTES = 16_384;

/** How often a download that breaks off is resumed before it is given up. */
const RESUMES = 5;

/**
 * Downloads a file to `path`. Until it is whole and checked it is `path.part`, which the next call goes on
 * with. Does nothing when the file is already there.
 *
 * @throws DownloadError as `DownloadFault` says. After 'truncated' and 'stalled' the part is kept, after
 * 'altered' not.
 */
export async function download(file: RemoteFile, path: string, options: DownloadOptions = {}): Promise<void> {
  if ((await fileSize(path)) === file.size && (await fileMatches(path, file.checksum))) return;

  const part = `${path}.part`;
  const inOnePiece = await fetchAll(file, part, options);
  let whole = await fileMatches(part, file.checksum);
  if (!whole && !inOnePiece) {
    // The pieces may be of different files: once more, from the beginning.
    await rm(part);
    await fetchAll(file, part, options);
    whole = await fileMatches(part, file.checksum);
  }
  if (!whole) {
    await rm(part);
    const { algorithm } = file.checksum;
    throw new DownloadError('altered', `${file.url} has another ${algorithm} than it should have.`);
  }
  await rename(part, path);
}

/** Fetches until the part has its full size, resuming; tells whether it came in one piece. */
async function fetchAll(file: RemoteFile, part: string, options: DownloadOptions): Promise<boolean> {
  let have = (await fileSize(part)) ?? 0;
  let inOnePiece = have === 0;
  for (let resumes = 0; have < file.size; resumes++) {
    try {
      await fetchRest(file, part, have, options);
      break;
    } catch (error) {
      const before = have;
      have = (await fileSize(part)) ?? 0;
      const brokeOff = error instanceof DownloadError && ['truncated', 'stalled'].includes(error.fault);
      if (!brokeOff || resumes === RESUMES || have === before) throw error;
      inOnePiece = false;
    }
  }
  return inOnePiece;
}

/** Makes one request for what is missing of the part, and appends it. */
async function fetchRest(
  { url, size }: RemoteFile,
  part: string,
  have: number,
  { onProgress, stallTimeout = 30_000 }: DownloadOptions,
): Promise<void> {
  const abort = new AbortController();
  const stall = setTimeout(() => abort.abort(), stallTimeout);
  try {
    const response = await request(url, have, abort.signal);
    let done = startOf(response, url, size, have);
    let doneInTime = done;
    const output = await open(part, done > 0 ? 'a' : 'w');
    try {
      for await (const bytes of body(response, url, abort.signal)) {
        done += bytes.length;
        if (done - doneInTime >= LEAST_BYTES) {
          doneInTime = done;
          stall.refresh();
        }
        if (done > size) {
          await output.truncate();
          throw new DownloadError('altered', `${url} has more than the ${size} bytes it should have.`);
        }
        await output.write(bytes);
        onProgress?.(done, size);
      }
    } finally {
      await output.close();
    }
    if (done < size) throw new DownloadError('truncated', `${url} ended after ${done} of ${size} bytes.`);
  } finally {
    clearTimeout(stall);
    abort.abort(); // closes the connection where the body wasn't read to its end
  }
}

async function request(url: string, have: number, signal: AbortSignal): Promise<Response> {
  try {
    // `compress: false`: the bytes as they are on the server, so that their positions are those of the part.
    const headers = have > 0 ? { Range: `bytes=${have}-` } : undefined;
    return await fetchFromWeb(url, { headers, compress: false, signal });
  } catch (cause) {
    if (cause instanceof ProxyError) {
      throw new DownloadError('network', `${url} can't be reached: ${cause.message}.`, { cause });
    }
    if (signal.aborted) throw new DownloadError('stalled', `${url} doesn't answer.`, { cause });
    const reason = (cause as Error).message.replace(/^.*reason: /, '');
    throw new DownloadError('network', `${url} can't be reached: ${reason}.`, { cause });
  }
}

/**
 * The position in the file of the first byte that a response brings: `have`, or 0 where the server ignores
 * ranges.
 */
function startOf({ status, statusText, headers }: Response, url: string, size: number, have: number): number {
  const [, start, total] = /^bytes (?:(\d+)-\d+|\*)\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
  const found = status === 200 ? headers.get('content-length') : total;
  if ([200, 206, 416].includes(status) && Number(found ?? size) !== size) {
    throw new DownloadError('altered', `${url} has ${found} bytes, not the ${size} it should have.`);
  }
  if (status === 200) return 0;
  if (status === 206 && Number(start) === have) return have;
  throw new DownloadError('status', `${url} answers with status ${status} ${statusText}.`);
}

/** The pieces of a response's body; what breaks it off is thrown as a DownloadError. */
async function* body(response: Response, url: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    for await (const bytes of response.body ?? []) yield bytes as Uint8Array;
  } catch (cause) {
    if (signal.aborted)
      throw new DownloadError('stalled', `${url} stopped sending, or sends too slowly.`, { cause });
    throw new DownloadError('truncated', `${url} broke off: ${(cause as Error).message}.`, { cause });
  }
}
