/**
 * The running kernel, if there is one: the only code that knows tslab.
 *
 * tslab keeps the function that writes to the current cell in its module `dist/jupyter`. It must be the module of the
 * kernel that runs, which may be another copy than the one `require` would find from here. All modules of a process
 * are in `require.cache`, and only the running kernel's has been given a function.
 */
import * as path from 'node:path';

/** The content of a Jupyter `display_data` message. */
export interface DisplayData {
  /** The same thing in several forms, by MIME type. */
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
  /** An output with a `display_id` can be written over later. */
  transient: { display_id?: string };
}

/** Writes an output below the current cell, or over an earlier output of the same `display_id`. */
export type WriteDisplayData = (content: DisplayData, update: boolean) => void;

const MODULE_FILE = path.join('tslab', 'dist', 'jupyter.js');

/**
 * What the loaded modules of a path export: a process may have several copies of a package.
 *
 * @param ending of the path: the package and the file in it
 */
export function loadedModules(ending: string): NodeJS.Module['exports'][] {
  return Object.entries(require.cache).flatMap(([file, module]) =>
    module && file.endsWith(ending) ? [module.exports] : [],
  );
}

/** What writes to the cell that is running now; undefined outside a notebook. */
export function cellOutput(): WriteDisplayData | undefined {
  return loadedModules(MODULE_FILE).find((tslab) => tslab.lastWriteDisplayData)?.lastWriteDisplayData;
}
