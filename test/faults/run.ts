/**
 * The small run as a program, for a harness to end. Argument: the folder to save to. It prints `training` at each batch, and what the
 * run comes to at the end.
 */
import { smallRun } from './smallRun';

async function main(savePath: string): Promise<void> {
  const result = await smallRun(savePath, ({ kind }) => {
    if (kind === 'batch') console.log('training');
  });
  console.log(result);
}

main(process.argv[2]);
