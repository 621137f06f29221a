/**
 * Decodes many pictures at once: a thread for each core, each with one picture at a time, so that memory is bounded by the threads.
 */
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import type { Fit } from '../../image/resizeImage';
import { startBeside } from '../../threads';
import { type ImageShape, lengthOf } from '../dataset';

/** How pictures come out. */
export interface DecodedSize {
  height: number;
  width: number;
  channels: number;
  fit: Fit;
}

/** What a worker makes of a file. */
export type DecodeReply = { pixels: Uint8Array } | { problem: string };

/** Each thread may hold a decoded picture of 300 MB. */
const MOST_THREADS = 8;

const startWorker = (size: DecodedSize) => startBeside(__filename, 'decodeWorker', { workerData: size });

/** One file by one worker; a thread that ends meanwhile is a problem of the file. */
function decodeBy(worker: Worker, file: string): Promise<DecodeReply & { isDead?: boolean }> {
  return new Promise((resolve) => {
    const settle = (reply: DecodeReply & { isDead?: boolean }) => {
      worker.off('message', settle).off('error', failed).off('exit', ended);
      resolve(reply);
    };
    const failed = (error: Error) =>
      settle({ problem: `${file} can't be decoded: ${error?.message ?? error}.`, isDead: true });
    const ended = () => settle({ problem: `${file} can't be decoded: its thread ended.`, isDead: true });
    worker.on('message', settle).on('error', failed).on('exit', ended);
    worker.postMessage(file);
  });
}

/**
 * Decodes files into one array, each to the same size.
 *
 * @param problem is told of each file that can't be read; its pixels stay 0
 * @param onProgress is told how many are done, of how many
 * @returns // [files, height, width, channels]
 * @throws the signal's reason, when it is aborted
 */
export async function decodeImages(
  files: readonly string[],
  size: DecodedSize,
  { problem, onProgress = () => {}, signal }: DecodeOptions,
): Promise<Uint8Array> {
  const shape: ImageShape = [size.height, size.width, size.channels];
  const length = lengthOf(shape);
  const images = new Uint8Array(files.length * length); // [files, height, width, channels]
  let next = 0;
  let done = 0;
  const work = async () => {
    let worker = startWorker(size);
    try {
      while (next < files.length && !signal?.aborted) {
        const index = next++;
        const reply = await decodeBy(worker, files[index]);
        if ('pixels' in reply) images.set(reply.pixels, index * length);
        else problem(index, reply.problem);
        if (reply.isDead) worker = startWorker(size);
        onProgress(++done, files.length);
      }
    } finally {
      await worker.terminate();
    }
  };
  const threads = Math.min(MOST_THREADS, availableParallelism(), files.length);
  await Promise.all(Array.from({ length: threads }, work));
  signal?.throwIfAborted();
  return images;
}

interface DecodeOptions {
  problem(index: number, what: string): void;
  onProgress?(done: number, total: number): void;
  signal?: AbortSignal;
}
