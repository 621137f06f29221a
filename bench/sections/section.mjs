/**
 * What a section of the benchmark is.
 *
 * @typedef {object} Context
 * @property {import('../../scripts/setup/project.mjs').Project} project
 * @property {(detail: string) => void} update says how far it is
 *
 * @typedef {object} Part what is measured and kept as one
 * @property {string} name how it is asked for: the section's, and a word that tells it from the others
 * @property {string} [title] where the section has several
 * @property {(context: Context) => Promise<string>} measure gives the results in Markdown
 *
 * @typedef {object} Section
 * @property {string} name
 * @property {string} title
 * @property {string} about what is measured and how, in Markdown
 * @property {boolean} [needsData] whether CIFAR-10 has to be there
 * @property {Part[]} parts
 */
export {};
