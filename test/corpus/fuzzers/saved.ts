/** Saved networks and checkpoints that are altered at random. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { loadModel } from '../../../lib/models/files/loadModel';
import { saveModel } from '../../../lib/models/files/saveModel';
import { resnet10 } from '../../../lib/models/resNet';
import { checkpointIn } from '../checkpoints';
import { flipped } from '../cifar';
import { change, changed } from './damage';
import { comesThrough, type Fuzzer, isRefused } from './fuzzer';

export const SAVED: readonly Fuzzer[] = [
  {
    name: 'a model.json with something else in one place',
    runs: 60,
    async property(folder) {
      const path = join(folder, 'net');
      await saveModel(resnet10({ width: 1 }), path);
      const file = join(path, 'model.json');
      const text = await readFile(file, 'utf8');
      return fc.asyncProperty(change, async (what) => {
        await writeFile(file, changed(text, what));
        await comesThrough(
          () => loadModel(path),
          (net) => net.dispose(),
        );
      });
    },
  },
  {
    name: 'a checkpoint that says something else in one place',
    runs: 60,
    property: (folder) =>
      fc.asyncProperty(change, async (what) => {
        const { resume } = await checkpointIn(folder, (files) => {
          files['checkpoint.json'] = changed(files['checkpoint.json'] as string, what);
        });
        await comesThrough(resume);
      }),
  },
  {
    name: 'a checkpoint with one bit turned',
    runs: 60,
    property: (folder) =>
      fc.asyncProperty(
        fc.constantFrom('weights.bin', 'optimizer.velocity.bin', 'checkpoint.json'),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (name, at) => {
          const { path, resume } = await checkpointIn(folder);
          const bytes = await readFile(join(path, name));
          await writeFile(join(path, name), flipped(bytes, Math.floor(at * (bytes.length * 8 - 1))));
          await isRefused(resume);
        },
      ),
  },
];
