/**
 * A worker thread that decodes pictures: reads a file, resizes it, makes it gray where that is asked for.
 */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { ResNetError } from '../../errors';
import { toGray } from '../../image/image';
import { readImage } from '../../image/readImage';
import { resizeImage } from '../../image/resizeImage';
import type { DecodedSize, DecodeReply } from './decodeImages';

const port = parentPort as MessagePort;
const { height, width, channels, fit } = workerData as DecodedSize;

port.on('message', async (path: string) => {
  const reply = await decode(path).catch((error): DecodeReply => {
    return { problem: error instanceof ResNetError ? error.problem : `${path}: ${error?.message ?? error}` };
  });
  port.postMessage(reply, 'pixels' in reply ? [reply.pixels.buffer as ArrayBuffer] : []);
});

async function decode(path: string): Promise<DecodeReply> {
  const image = resizeImage(await readImage(path), width, height, fit);
  // A copy: what a decoder gives may be a part of memory that others use.
  return { pixels: channels === 1 ? toGray(image) : Uint8Array.from(image.data) };
}
