/**
 * The records of a run as a table.
 */
import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { filePath } from '../../checks';
import { ConfigError } from '../../errors';
import { writeWhole } from '../../files';
import type { EpochRecord } from '../history';
import type { Callback } from './callback';

const COLUMNS: readonly (keyof EpochRecord)[] = [
  'epoch',
  'trainLoss',
  'trainAccuracy',
  'testLoss',
  'testAccuracy',
  'learningRate',
  'seconds',
];

/**
 * A callback that writes the records of all epochs to a CSV file after each, as Keras's `CSVLogger`. The file is whole at any time; one of
 * an earlier run is replaced.
 *
 * @param path of the file
 */
export function csvLog(path: string | URL): Callback {
  const file = filePath(path, ConfigError);
  return {
    name: `csvLog ${file}`,
    async epoch(_, { records }) {
      await mkdir(dirname(file), { recursive: true });
      const rows = [COLUMNS, ...records.map((record) => COLUMNS.map((column) => record[column]))];
      await writeWhole(file, `${rows.map((row) => row.join(',')).join('\n')}\n`);
    },
  };
}
