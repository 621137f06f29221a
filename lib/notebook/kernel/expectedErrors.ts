/**
 * A kernel that executes the cells below an expected error.
 *
 * After an error tslab 1.0.22 aborts everything that comes within 200 ms, without a sign in the notebook. Jupyter asks it not to, by
 * `stop_on_error: false`, for a cell that is tagged `raises-exception` and for `nbconvert --allow-errors`.
 */
import * as path from 'node:path';
import { loadedModules, tslabOutput } from './kernel';

const MODULE_FILE = path.join('tslab', 'dist', 'jupyter.js');

interface Request {
  code: string;
  stop_on_error?: boolean;
}

interface Reply {
  status: string;
  execution_count?: number;
}

/** tslab's handler of requests; `handleExecuteImpl` throws the count of a cell that ended in an error. */
interface Handler {
  handleExecute(request: Request, ...writers: unknown[]): Promise<Reply>;
  handleExecuteImpl(request: Request, ...writers: unknown[]): Promise<{ count: number }>;
}

/** Has the running kernel execute the cells below an expected error; does nothing outside a notebook. */
export function handleExpectedErrors(): void {
  if (tslabOutput() === undefined) return;
  for (const tslab of loadedModules(MODULE_FILE)) {
    const handler: Handler = tslab.JupyterHandlerImpl.prototype;
    const { handleExecute, handleExecuteImpl } = handler;
    const failed = new WeakSet<Request>();
    // The error is kept from tslab's queue, which would abort what follows, and told in the reply.
    handler.handleExecuteImpl = async function (this: Handler, request, ...writers) {
      try {
        return await handleExecuteImpl.call(this, request, ...writers);
      } catch (error) {
        const isCount = typeof (error as { count?: unknown }).count === 'number';
        if (request.stop_on_error !== false || !isCount) throw error;
        failed.add(request);
        return error as { count: number };
      }
    };
    handler.handleExecute = async function (this: Handler, request, ...writers) {
      const reply = await handleExecute.call(this, request, ...writers);
      return failed.has(request) ? { ...reply, status: 'error' } : reply;
    };
  }
}
