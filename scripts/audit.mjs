/**
 * `npm run audit`: asks for known holes in the npm and Python packages. Exit code 1: there is one that scripts/supply/reviewed.json
 * doesn't name. Exit code 2: not all that is asked answered, so not all is known.
 */
import { join } from 'node:path';
import { main } from './main.mjs';
import { readJson } from './setup/files.mjs';
import { packageRoot } from './setup/project.mjs';
import { judge, NoAnswer, npmAdvisories, pythonAdvisories } from './supply/advisories.mjs';
import { pythonDependencies } from './supply/dependencies.mjs';

const REVIEWED = 'scripts/supply/reviewed.json';

await main(async () => {
  const reviewed = readJson(join(packageRoot, REVIEWED));
  const codes = [
    await audit('npm', () => npmAdvisories(packageRoot), reviewed.npm),
    await audit('Python', () => pythonAdvisories(pythonDependencies()), reviewed.python),
  ];
  // What is known to be bad counts for more than what is not known.
  return codes.find((code) => code === 1) ?? Math.max(...codes);
});

/**
 * @param {string} side
 * @param {() => Promise<import('./supply/advisories.mjs').Advisory[]>} ask
 * @param {import('./supply/advisories.mjs').Reviewed[]} reviewed
 * @returns {Promise<number>} an exit code
 */
async function audit(side, ask, reviewed) {
  try {
    const { open, outdated } = judge(await ask(), reviewed);
    for (const { package: name, advisory, title = '' } of open) {
      console.error(`${side}: ${name} has ${advisory}. ${title}`);
    }
    for (const { package: name, advisory } of outdated) {
      console.error(`${side}: ${advisory} of ${name} is gone. Take it out of ${REVIEWED}.`);
    }
    const isClean = open.length + outdated.length === 0;
    if (isClean) console.log(`${side}: nothing is known but ${reviewed.length} reviewed.`);
    else
      console.error(
        `${side}: take a newer version, or review it in ${REVIEWED}: package, advisory, reason, date.`,
      );
    return isClean ? 0 : 1;
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    console.error(
      `${side}: NOT AUDITED, ${error.message}. Give this command where the database can be asked.`,
    );
    return 2;
  }
}
