/** `npm run site [FOLDER]`: the notebooks, the documents and the library's reference as one static site. */
import { join, resolve } from 'node:path';
import { main } from './main.mjs';
import { packageRoot, projectAt } from './setup/project.mjs';
import { buildSite } from './site/build.mjs';

await main(async () => {
  const [named] = process.argv.slice(2);
  const folder = named === undefined ? join(projectAt(packageRoot).home, 'site') : resolve(named);
  const pages = await buildSite(folder);
  console.log(`${pages.length} pages and the reference. Open ${join(folder, 'index.html')}`);
  return 0;
});
