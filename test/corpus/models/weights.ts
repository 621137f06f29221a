/** Saved networks with weights that were altered. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { weightsFileName } from '../../../lib/models/files/modelFiles';
import type { Case } from '../judge';
import { type Saved, weightsFile } from './saved';
import { bad, spoilt } from './spoilt';

/** The weights are altered; `renamed`, their file is called as its content asks for. */
function weights(
  name: string,
  alter: (weights: Float32Array) => void,
  { renamed }: { renamed: boolean },
  expect: Case['expect'],
): Case {
  return spoilt(
    name,
    async (folder) => {
      const path = await weightsFile(folder);
      const bytes = new Uint8Array(await readFile(path));
      alter(new Float32Array(bytes.buffer));
      if (!renamed) return writeFile(path, bytes);
      const [file, to] = [join(folder, 'model.json'), weightsFileName(bytes)];
      const json = JSON.parse(await readFile(file, 'utf8')) as Saved;
      json.weightsManifest[0].paths = [to];
      await rm(path);
      await writeFile(join(folder, to), bytes);
      await writeFile(file, JSON.stringify(json));
    },
    expect,
  );
}

export const WEIGHTS: readonly Case[] = [
  weights('one bit of a weight', (values) => flipBit(values, 5000), { renamed: false }, bad(/was altered/)),
  weights(
    'a weight that is NaN',
    (values) => values.fill(NaN, 5000, 5001),
    { renamed: true },
    bad(/answers NaN/),
  ),
  weights('weights that are all NaN', (values) => values.fill(NaN), { renamed: true }, bad(/answers NaN/)),
  weights(
    'weights that are all infinite',
    (values) => values.fill(Infinity),
    { renamed: true },
    bad(/answers/),
  ),
  weights('weights of 3e38', (values) => values.fill(3e38), { renamed: true }, bad(/answers/)),
];

function flipBit(values: Float32Array, at: number): void {
  new Uint32Array(values.buffer)[at] ^= 1;
}
