/** What all pages load, beside them in the site: no page asks another host for anything. */
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync } from 'esbuild';
import { packageFolder } from '../setup/project.mjs';

const OWN = fileURLToPath(new URL('assets', import.meta.url));

/** @param {string} folder */
export function writeAssets(folder) {
  mkdirSync(folder, { recursive: true });
  cpSync(OWN, folder, { recursive: true });

  const highlighting = join(packageFolder('highlight.js'), 'styles');
  cpSync(join(highlighting, 'github.css'), join(folder, 'code-light.css'));
  cpSync(join(highlighting, 'github-dark.css'), join(folder, 'code-dark.css'));

  const math = join(packageFolder('katex'), 'dist');
  cpSync(join(math, 'katex.min.css'), join(folder, 'katex.min.css'));
  cpSync(join(math, 'fonts'), join(folder, 'fonts'), { recursive: true });

  // Its package has 10 MB of readable code; half of that is enough for a page.
  buildSync({
    entryPoints: [join(packageFolder('plotly.js-dist'), 'plotly.js')],
    outfile: join(folder, 'plotly.min.js'),
    minify: true,
    legalComments: 'inline',
    logLevel: 'error',
  });
  cpSync(join(packageFolder('plotly.js-dist'), 'LICENSE'), join(folder, 'plotly.LICENSE'));
}
