/** Runs a program to its exit code. An error that has words for the user is shown in these, without a stack. */

/** @param {() => Promise<number>} program */
export async function main(program) {
  try {
    process.exitCode = await program();
  } catch (error) {
    const { message, stack, fix, exitCode } = /** @type {Error & { fix?: string, exitCode?: number }} */ (
      error
    );
    console.error(`\n${fix === undefined ? stack : message}`);
    process.exitCode = exitCode ?? 1;
  }
}
