/** Re-executes one notebook headless, by `jupyter nbconvert`, and says which cell it is at. */
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { CommandError } from '../setup/errors.mjs';
import { run } from '../setup/processes.mjs';
import { Task } from '../terminal.mjs';
import { jupyterEnvironment } from './environment.mjs';

const CONFIG = fileURLToPath(new URL('nbconvert_config.py', import.meta.url));
const SHOWN_LINES = 12;

/**
 * Runs a notebook in its own folder and writes the executed copy into another one. Prints how it went.
 *
 * @param {import('../setup/project.mjs').Project} project
 * @param {string} notebook
 * @param {string} outputFolder
 * @returns {Promise<boolean>} whether all cells passed
 */
export async function runNotebook(project, notebook, outputFolder) {
  const cells = JSON.parse(readFileSync(notebook, 'utf8')).cells.length;
  const task = new Task(basename(notebook, '.ipynb'), `cell 1 of ${cells}`);
  /** @type {{ index: number, source: string, error: string } | undefined} */
  let failure;
  try {
    await run(
      project.python,
      [
        ...['-m', 'nbconvert', '--to', 'notebook', '--execute', '--config', CONFIG],
        ...['--output-dir', outputFolder, '--output', basename(notebook), basename(notebook)],
      ],
      {
        cwd: dirname(notebook),
        env: jupyterEnvironment(project),
        onLine(line) {
          if (!line.startsWith('@@')) return;
          const event = JSON.parse(line.slice(2));
          if (event.kind === 'cell') task.update(`cell ${event.index + 1} of ${cells}`);
          else failure = event;
        },
      },
    );
    task.end('passed');
    return true;
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    task.end(failure ? `FAILED in cell ${failure.index + 1} of ${cells}` : 'FAILED');
    console.log(indent(failure ? `${shorten(failure.source)}\n\n${shorten(failure.error)}` : error.output));
    return false;
  }
}

/** @param {string} text */
function shorten(text) {
  const lines = stripVTControlCharacters(text).trimEnd().split('\n');
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
