/**
 * The running kernel, if there is one: tslab, or Deno's.
 *
 * tslab keeps the function that writes to the current cell in its module `dist/jupyter`. It must be the module of the
 * kernel that runs, which may be another copy than the one `require` would find from here. All modules of a process
 * are in `require.cache`, and only the running kernel's has been given a function.
 */
import * as path from 'node:path';
import { format } from 'node:util';

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

/** Whether the running kernel is tslab, and what writes to its cell. */
export function tslabOutput(): WriteDisplayData | undefined {
  return loadedModules(MODULE_FILE).find((tslab) => tslab.lastWriteDisplayData)?.lastWriteDisplayData;
}

/** Deno's interface to the cell, which it has in its kernel alone. */
interface DenoKernel {
  broadcast(kind: 'display_data' | 'update_display_data', content: DisplayData): Promise<void>;
}

function denoKernel(): DenoKernel | undefined {
  try {
    return (globalThis as { Deno?: { jupyter: DenoKernel } }).Deno?.jupyter;
  } catch {
    // Deno outside of a notebook.
    return undefined;
  }
}

/** What writes to the cell that is running now; undefined outside a notebook. */
export function cellOutput(): WriteDisplayData | undefined {
  const deno = denoKernel();
  if (deno === undefined) return tslabOutput();
  return (content, update) => {
    void deno.broadcast(update ? 'update_display_data' : 'display_data', content);
  };
}

/** Has Deno's kernel print values as Node does; does nothing in other places. */
export function printAsNode(): void {
  if (denoKernel() === undefined) return;
  for (const name of ['log', 'info', 'debug', 'warn', 'error'] as const) {
    const print = console[name].bind(console);
    console[name] = (...values: unknown[]) => print(format(...values));
  }
}
