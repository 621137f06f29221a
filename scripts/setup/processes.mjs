/** Programs that are started and waited for, and a name for a process that no later one shares. */
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { CommandError } from './errors.mjs';

// npm says what is wrong first, pip last.
const KEPT_FIRST = 8;
const KEPT_LAST = 16;

/**
 * @typedef {object} RunOptions
 * @property {string} [cwd]
 * @property {NodeJS.ProcessEnv} [env]
 * @property {string} [input] what it reads on its standard input; nothing by default
 * @property {(line: string) => void} [onLine] gets each line it says, on either stream
 * @property {(line: string) => void} [onEvent] gets each line that it writes to file descriptor 3, which is open only then
 * @property {RegExp} [noise] lines that are not worth keeping
 * @property {(child: import('node:child_process').ChildProcess) => void} [onStart]
 */

/**
 * Runs a program to its end, without a shell.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>} what it said: its first and last lines
 * @throws {CommandError} it can't be started, or ends with another code than 0
 */
export function run(command, args, { cwd, env, input, onLine, onEvent, noise, onStart } = {}) {
  return new Promise((resolve, reject) => {
    /** @type {import('node:child_process').StdioOptions} */
    const stdio = [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'];
    if (onEvent) stdio.push('pipe');
    /** @type {import('node:child_process').ChildProcess} */
    const child = spawn(command, args, { cwd, env, stdio });
    // Of one that ends without having read its input the exit code tells.
    child.stdin?.on('error', () => {}).end(input);
    /** @type {string[]} */
    const lines = [];
    for (const stream of [child.stdout, child.stderr]) if (stream) forEachLine(stream, take);
    const events = /** @type {import('node:stream').Readable | null | undefined} */ (child.stdio[3]);
    if (events && onEvent) forEachLine(events, onEvent);
    /** @param {string} line */
    function take(line) {
      if (line.trim() === '') return;
      onLine?.(line);
      if (noise?.test(line)) return;
      lines.push(line);
      if (lines.length > KEPT_FIRST + KEPT_LAST) lines.splice(KEPT_FIRST, 1);
    }
    child.on('error', (error) => reject(new CommandError(command, `can't be started: ${error.message}`, '')));
    child.on('close', (code, signal) => {
      const output = lines.join('\n');
      if (code === 0) resolve(output);
      else
        reject(
          new CommandError(command, signal ? `was ended by ${signal}` : `failed with code ${code}`, output),
        );
    });
    if (child.pid !== undefined) onStart?.(child);
  });
}

/**
 * @param {import('node:stream').Readable} stream
 * @param {(line: string) => void} take
 */
function forEachLine(stream, take) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
    const pieces = (rest + chunk).split(/[\r\n]+/);
    rest = pieces.pop() ?? '';
    pieces.forEach(take);
  });
  stream.on('end', () => {
    if (rest !== '') take(rest);
  });
}

/**
 * When a process began, in the system's own words: with its number, a name that no later process shares.
 *
 * @param {number} pid
 * @returns {string | undefined} undefined where there is no such process
 */
export function processStart(pid) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ESRCH') return undefined;
  }
  if (process.platform === 'linux') {
    try {
      // Field 22, counted behind the program's name, which may hold spaces; field 3 is Z once it has ended.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    } catch {
      return undefined;
    }
  }
  return (
    spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? 'unknown'
  );
}
