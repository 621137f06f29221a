/**
 * Writing a network's file in another program's format.
 */
import { filePath } from '../../checks';
import { ModelError } from '../../errors';
import { inTurn, writeWhole } from '../../files';

/**
 * Writes a file; it is there whole or not at all.
 *
 * @throws ModelError where it can't be written
 */
export async function writeFormat(path: string | URL, bytes: Uint8Array): Promise<void> {
  const file = filePath(path, ModelError);
  await inTurn(file, () => writeWhole(file, bytes)).catch((cause: Error) => {
    throw new ModelError(`${file} can't be written: ${cause.message}.`, 'Choose another path.', { cause });
  });
}
