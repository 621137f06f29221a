/**
 * The small run as a program, for a harness to end. Argument: the folder to save to. It prints `training` at each batch, and what the
 * run comes to at the end; with the exit code 130 where SIGINT or SIGTERM has ended the training before.
 */
import { EPOCHS, smallRun } from './smallRun';

/** What a shell gives a program that Ctrl-C ended. */
const INTERRUPTED = 130;

async function main(savePath: string): Promise<void> {
  const result = await smallRun(savePath, ({ kind }) => {
    if (kind === 'batch') console.log('training');
  });
  if (JSON.parse(result).records.length < EPOCHS) process.exit(INTERRUPTED);
  console.log(result);
}

main(process.argv[2]);
