/** The errors of the set-up: what was wrong, and what to do about it. */

export class SetupError extends Error {
  /**
   * @param {string} problem
   * @param {string} fix
   * @param {{ cause?: unknown }} [options]
   */
  constructor(problem, fix, options) {
    super(`${problem}\n${fix}`, options);
    this.name = 'SetupError';
  }
}

/** A command that was given in a way that it can't be run. */
export class UsageError extends SetupError {
  exitCode = 2;
}

/** A program that was started ended badly; `output` holds what it said, its first and last lines. */
export class CommandError extends Error {
  /**
   * @param {string} command
   * @param {string} ending
   * @param {string} output
   */
  constructor(command, ending, output) {
    super(`${command} ${ending}`);
    this.name = 'CommandError';
    this.output = output;
  }
}
