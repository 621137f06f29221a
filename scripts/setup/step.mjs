/**
 * What a step of the set-up is.
 *
 * @typedef {'python' | 'compiler'} Prerequisite
 *
 * @typedef {object} Step
 * @property {string} name
 * @property {Prerequisite[]} needs
 * @property {(project: Project) => boolean | Promise<boolean>} isDone cheap: every call of the set-up asks it
 * @property {(project: Project) => string} describe what a person reads while it runs, and how large it is
 * @property {(project: Project, work: Work) => Promise<string>} run says what came of it
 * @property {string} fix what to do when a program that it runs fails
 *
 * @typedef {object} Work
 * @property {typeof import('./processes.mjs').run} run as `run`, so that an interruption reaches the program
 * @property {(detail: string) => void} update says how far it is
 *
 * @typedef {import('./project.mjs').Project} Project
 */
export {};
