import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder } from '../../scripts/setup/project.mjs';

/** Makes the project's tslab known to Jupyter, as `under-test`, where JUPYTER_PATH is `folder`. */
export function writeKernel(folder: string): void {
  const kernel = join(folder, 'kernels', 'under-test');
  mkdirSync(kernel, { recursive: true });
  const tslab = join(packageFolder('tslab'), 'bin', 'tslab');
  writeFileSync(
    join(kernel, 'kernel.json'),
    JSON.stringify({
      argv: [process.execPath, tslab, 'kernel', '--config-path', '{connection_file}'],
      display_name: 'TypeScript',
      language: 'typescript',
    }),
  );
}
