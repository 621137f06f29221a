/** Saved networks that are spoilt, and how the library is asked for them. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelError } from '../../../lib/errors';
import { loadModel } from '../../../lib/models/files/loadModel';
import { predictImage } from '../../../lib/prediction/predictImage';
import { type Case, type Refusal, refused } from '../judge';
import { PRETRAINED } from '../network';
import type { Saved } from './saved';

export const bad = (message: RegExp): Refusal => refused(ModelError, message);
const GREY = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3).fill(128) };

/** The folder of a network is spoilt, and then loaded and asked. */
export function spoilt(
  name: string,
  spoil: (folder: string) => Promise<unknown>,
  expect: Case['expect'],
): Case {
  return {
    name,
    expect,
    async prepare(folder) {
      const path = join(folder, 'net');
      await cp(PRETRAINED, path, { recursive: true });
      await spoil(path);
      return {
        async read() {
          const net = await loadModel(path);
          return predictImage(net, GREY).finally(() => net.dispose());
        },
      };
    },
  };
}

/** The model.json says something else. */
export const edited = (name: string, edit: (json: Saved) => unknown, expect: Case['expect']): Case =>
  spoilt(
    name,
    async (folder) => {
      const file = join(folder, 'model.json');
      const json = JSON.parse(await readFile(file, 'utf8')) as Saved;
      edit(json);
      await writeFile(file, JSON.stringify(json));
    },
    expect,
  );

/** The model.json is another text. */
export const written = (name: string, text: string, expect: Case['expect']): Case =>
  spoilt(name, (folder) => writeFile(join(folder, 'model.json'), text), expect);
