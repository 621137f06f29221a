/**
 * `npm run licenses`: writes the list of dependencies and their licenses. Python's are read where they are installed; those for
 * other machines keep what the list says of them, and of a new one it is said that it has to be looked up.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { main } from './main.mjs';
import { run } from './setup/processes.mjs';
import { packageRoot, projectAt } from './setup/project.mjs';
import {
  dependencies,
  installedLicences,
  isAllowed,
  listFile,
  pinOf,
  readList,
  readPolicy,
  writeList,
} from './supply/licenses.mjs';

await main(async () => {
  const project = projectAt(packageRoot);
  const report = 'import sysconfig; print(sysconfig.get_path("purelib"))';
  const folders = [await run(project.python, ['-c', report]), project.tensorflow];
  const listed = existsSync(listFile) ? readList(readFileSync(listFile, 'utf8')) : [];
  const known = new Map([
    ...listed.map(({ name, version, license }) => /** @type {const} */ ([pinOf(name, version), license])),
    ...folders.flatMap((folder) => [...installedLicences(folder)]),
  ]);
  const entries = dependencies(known);
  writeFileSync(listFile, writeList(entries));
  const refused = entries.filter((entry) => !isAllowed(entry, readPolicy()));
  for (const { side, name, version, license } of refused) {
    const what =
      license === 'unknown' ? 'look its license up, and write it into' : 'its license is not allowed by';
    const where = license === 'unknown' ? 'THIRD_PARTY.md' : 'licensePolicy.json';
    console.error(`${side}: ${name} ${version} (${license}): ${what} scripts/supply/${where}.`);
  }
  console.log(`${entries.length} dependencies, ${refused.length} to look into.`);
  return refused.length === 0 ? 0 : 1;
});
