/**
 * Asks the user's npm, so that the registry, proxy and login that it is set to hold.
 */
import { execFile } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import { promisify } from 'node:util';
import { DownloadError } from './download';

/**
 * Runs npm with `--json` and returns what it answers.
 *
 * @throws DownloadError ('network') with npm's own reason when npm isn't there or fails.
 */
export async function npm(...args: string[]): Promise<unknown> {
  // The npm beside this Node, where no other is on the path: a notebook's kernel may have been started
  // without one.
  const PATH = [process.env.PATH, dirname(process.execPath)].join(delimiter);
  const quickly = ['--fetch-retries=0', '--fetch-timeout=30000'];
  try {
    const env = { ...process.env, PATH };
    const { stdout } = await promisify(execFile)('npm', [...args, '--json', ...quickly], { env });
    return JSON.parse(stdout);
  } catch (cause) {
    const reason = reasonIn((cause as { stdout?: string }).stdout) ?? (cause as Error).message.split('\n')[0];
    throw new DownloadError('network', `\`npm ${args.join(' ')}\` failed: ${reason}.`, { cause });
  }
}

/** The reason in what a failing npm prints with `--json`: {"error": {"code", "summary", "detail"}}. */
function reasonIn(stdout = ''): string | undefined {
  try {
    return JSON.parse(stdout).error.summary;
  } catch {
    return undefined;
  }
}
