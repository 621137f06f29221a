/** Who knows of holes in what this project depends on, and which of these were looked into. */
import { execFile } from 'node:child_process';

/** The open database of vulnerabilities, which has Python's. */
const PYTHON_DATABASE = 'https://api.osv.dev/v1/querybatch';

/**
 * @typedef {object} Advisory
 * @property {string} package
 * @property {string} advisory its name in the database: GHSA-…, PYSEC-…
 * @property {string} [title]
 *
 * @typedef {Advisory & { reason: string, date: string }} Reviewed
 */

/** The database doesn't answer, so nothing is known. */
export class NoAnswer extends Error {}

/**
 * What npm's registry knows of the packages in a folder's package-lock.json.
 *
 * @param {string} folder
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<Advisory[]>}
 * @throws {NoAnswer}
 */
export async function npmAdvisories(folder, env = process.env) {
  /** @type {string} */
  const stdout = await new Promise((resolve) => {
    // An exit code other than 0 says that there are some, too.
    execFile('npm', ['audit', '--json'], { cwd: folder, env, maxBuffer: 1e8 }, (_, output) =>
      resolve(output),
    );
  });
  /** @type {any} */
  let report;
  try {
    report = JSON.parse(stdout);
  } catch {
    throw new NoAnswer('npm audit said nothing that can be read');
  }
  if (report.vulnerabilities === undefined) {
    throw new NoAnswer(report.message ?? report.error?.summary ?? 'npm audit made no report');
  }
  /** @type {{ via: (string | { name: string, url: string, title: string })[] }[]} */
  const vulnerable = Object.values(report.vulnerabilities);
  // A name instead of an advisory: a package that is affected by another's.
  const found = vulnerable
    .flatMap(({ via }) => via.filter((cause) => typeof cause !== 'string'))
    .map(({ name, url, title }) => ({ package: name, advisory: url.replace(/^.*\//, ''), title }));
  return [...new Map(found.map((one) => [keyOf(one), one])).values()];
}

/**
 * What the open database knows of Python packages.
 *
 * @param {{ name: string, version: string }[]} packages
 * @param {string} [database]
 * @returns {Promise<Advisory[]>}
 * @throws {NoAnswer}
 */
export async function pythonAdvisories(packages, database = PYTHON_DATABASE) {
  const queries = packages.map(({ name, version }) => ({ package: { name, ecosystem: 'PyPI' }, version }));
  const response = await fetch(database, { method: 'POST', body: JSON.stringify({ queries }) }).catch(
    (cause) => {
      throw new NoAnswer(`the database can't be reached (${cause.cause?.message ?? cause.message})`, {
        cause,
      });
    },
  );
  if (!response.ok) throw new NoAnswer(`the database answered ${response.status}`);
  const { results } = /** @type {{ results: { vulns?: { id: string }[] }[] }} */ (await response.json());
  return results.flatMap(({ vulns = [] }, i) =>
    vulns.map(({ id }) => ({ package: packages[i].name, advisory: id })),
  );
}

/**
 * Parts advisories that nobody looked into from reviews that nothing needs any more.
 *
 * @param {Advisory[]} found
 * @param {Reviewed[]} reviewed
 */
export function judge(found, reviewed) {
  const [foundKeys, reviewedKeys] = [found, reviewed].map((list) => new Set(list.map(keyOf)));
  return {
    open: found.filter((advisory) => !reviewedKeys.has(keyOf(advisory))),
    outdated: reviewed.filter((review) => !foundKeys.has(keyOf(review))),
  };
}

/** @param {Advisory} advisory */
const keyOf = (advisory) => `${advisory.package} ${advisory.advisory}`;
