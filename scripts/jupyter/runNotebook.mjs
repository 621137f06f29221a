/** Re-executes one notebook headless, by `jupyter nbconvert`, and says which cell it is at. */
import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { CommandError, SetupError } from '../setup/errors.mjs';
import { run } from '../setup/processes.mjs';
import { Task } from '../terminal.mjs';
import { jupyterEnvironment } from './environment.mjs';
import { readNotebook } from './readNotebook.mjs';

const CONFIG = fileURLToPath(new URL('nbconvert_config.py', import.meta.url));
const SHOWN_LINES = 12;
const SHOWN_COLUMNS = 200;

/**
 * @typedef {object} Failure
 * @property {number} [index] the cell; undefined where the kernel or Jupyter itself failed
 * @property {string} [source]
 * @property {string} error
 */

/**
 * Runs a notebook in its own folder and writes the executed copy. Prints how it went.
 *
 * @param {import('../setup/project.mjs').Project} project
 * @param {string} notebook
 * @param {string} copy where the executed copy goes
 * @returns {Promise<boolean>} whether every cell was executed, with no error but those that its tags allow
 */
export async function runNotebook(project, notebook, copy) {
  const name = basename(notebook, '.ipynb');
  const task = new Task(name, 'starts its kernel');
  /** @type {import('./readNotebook.mjs').RunnableNotebook} */
  let read;
  try {
    read = readNotebook(notebook, project.venv);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    task.end('FAILED');
    console.log(indent(error.message));
    return false;
  }
  mkdirSync(dirname(copy), { recursive: true });
  if (!read.hasCode) {
    copyFileSync(notebook, copy);
    task.end('passed, without a cell of code');
    return true;
  }
  const { failure, skipped } = await execute(project, notebook, read, copy, task);
  const cells = read.cells.length;
  if (failure === undefined) {
    const remarks = [
      read.namesKernel ? '' : `, by the kernel ${read.kernel}: it names none`,
      skipped > 0 ? `, ${skipped} of ${cells} cells skipped by tag` : '',
    ];
    task.end(`passed${remarks.join('')}`);
    return true;
  }
  const { index, source, error } = failure;
  task.end(index === undefined ? 'FAILED' : `FAILED in cell ${index + 1} of ${cells}`);
  console.log(indent(source === undefined ? error : `${shorten(source)}\n\n${shorten(error)}`));
  return false;
}

/**
 * @param {import('../setup/project.mjs').Project} project
 * @param {string} notebook
 * @param {import('./readNotebook.mjs').RunnableNotebook} read
 * @param {string} copy
 * @param {Task} task
 * @returns {Promise<{ failure?: Failure, skipped: number }>}
 */
async function execute(project, notebook, { text, cells, kernel }, copy, task) {
  /** @type {Failure | undefined} */
  let failure;
  let skipped = 0;
  const folder = mkdtempSync(join(dirname(copy), '.run-'));
  try {
    await run(
      project.python,
      [
        // By its standard input: nbconvert takes a name for a pattern, one that begins with `-` for an option.
        ...['-m', 'nbconvert', '--to', 'notebook', '--stdin', '--config', CONFIG],
        ...[`--CheckedExecution.kernel_name=${kernel}`, '--output-dir', folder, '--output', 'executed'],
      ],
      {
        cwd: dirname(notebook),
        env: jupyterEnvironment(project),
        input: text,
        onEvent(line) {
          const event = JSON.parse(line);
          if (event.kind === 'cell') task.update(`cell ${event.index + 1} of ${cells.length}`);
          else if (event.kind === 'skipped') skipped += 1;
          else failure = event;
        },
      },
    );
    renameSync(join(folder, 'executed.ipynb'), copy);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    // Of a Python program's error the last line tells what it is.
    failure ??= {
      error: `Jupyter can't run it: ${shorten(error.output.split('\n').at(-1) || error.message)}`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { failure, skipped };
}

/** @param {string} text */
function shorten(text) {
  const lines = stripVTControlCharacters(text)
    .trimEnd()
    .split('\n')
    .map((line) => (line.length <= SHOWN_COLUMNS ? line : `${line.slice(0, SHOWN_COLUMNS)}…`));
  return lines.length <= SHOWN_LINES ? lines.join('\n') : [...lines.slice(0, SHOWN_LINES), '…'].join('\n');
}

/** @param {string} text */
const indent = (text) => text.replace(/^/gm, '    | ');

/**
 * Where executed copies go.
 *
 * @param {import('../setup/project.mjs').Project} project
 */
export const executedFolder = ({ home }) => join(home, 'executed');
