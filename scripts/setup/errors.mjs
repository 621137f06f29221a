/** The errors of the set-up: what was wrong, and what to do about it, in the fields that the library's errors have. */

export class SetupError extends Error {
  /** A name of the kind of error that stays the same from version to version. */
  code = 'ERR_SETUP';

  /**
   * @param {string} problem
   * @param {string} fix
   * @param {{ cause?: unknown }} [options]
   */
  constructor(problem, fix, options) {
    super(`${problem}\n${fix}`, options);
    this.name = 'SetupError';
    this.problem = problem;
    this.fix = fix;
  }
}

/** A command that was given in a way that it can't be run. */
export class UsageError extends SetupError {
  /** @override */
  code = 'ERR_USAGE';
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
