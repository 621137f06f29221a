/** A package registry on this machine that fails, and the variables that lead npm and pip to it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import * as path from 'node:path';

/** How it fails. */
export const FAILURES: Record<string, ((response: ServerResponse) => void) | undefined> = {
  'a registry that answers 500': (response) => response.writeHead(500).end('out of order'),
  'a network that breaks off': (response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'content-length': 1e6 });
    response.write('<html>', () => response.destroy());
  },
  // Nobody listens.
  'no network': undefined,
};

/** Runs `work` with the variables of a registry that fails in one of these ways. */
export async function withBadRegistry(
  failure: string,
  work: (env: { npm: NodeJS.ProcessEnv; pip: NodeJS.ProcessEnv }) => Promise<void>,
): Promise<void> {
  const answer = FAILURES[failure];
  const server = createServer((_, response) => answer?.(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => new Promise((resolve) => server.close(resolve));
  if (answer === undefined) await close();
  const url = `http://127.0.0.1:${port}/`;
  // Neither finds in a cache or a file what it can't fetch, nor does it try again for minutes.
  const cache = mkdtempSync(path.join(tmpdir(), 'cache-'));
  try {
    await work({
      npm: { npm_config_registry: url, npm_config_cache: cache, npm_config_fetch_retries: '0' },
      pip: {
        PIP_CONFIG_FILE: '/dev/null',
        PIP_INDEX_URL: `${url}simple`,
        PIP_EXTRA_INDEX_URL: '',
        PIP_FIND_LINKS: '',
        PIP_NO_CACHE_DIR: '1',
        PIP_RETRIES: '0',
      },
    });
  } finally {
    if (answer !== undefined) await close();
    rmSync(cache, { recursive: true, force: true });
  }
}
