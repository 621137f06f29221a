/** Checks of settings, for all rooms. */
import { fileURLToPath } from 'node:url';
import { ConfigError, quotable, type ResNetError } from './errors';

/** @throws ConfigError unless `value` is 1, 2, 3, … */
export function checkPositiveInteger(name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new ConfigError(`${name} is ${value}.`, `Give ${name} a whole number of at least 1.`);
}

/** @throws ConfigError unless `value` is finite and within `min`..`max`, ends included */
export function checkNumber(name: string, value: number, min: number, max = Number.POSITIVE_INFINITY): void {
  if (Number.isFinite(value) && value >= min && value <= max) return;
  const range = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new ConfigError(`${name} is ${value}.`, `Give ${name} a number ${range}.`);
}

/** @throws ConfigError unless `value` is finite and above 0 */
export function checkPositive(name: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new ConfigError(`${name} is ${value}.`, `Give ${name} a number above 0.`);
}

/** @throws ConfigError unless `value` is one of `choices` */
export function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new ConfigError(`${name} is '${quotable(value)}'.`, `Give ${name} one of: ${choices.join(', ')}.`);
}

/** What a value is, to be said in a sentence that asked for something else: `undefined`, `a number`, `an Array`. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  const kind = typeof value === 'object' ? quotable(value.constructor?.name ?? 'object') : typeof value;
  return `${/^[aeiou]/i.test(kind) ? 'an' : 'a'} ${kind}`;
}

/** Whether a value is a URL object: told by what it has, since a notebook's cells may have a class URL of their own. */
export function isUrl(value: unknown): value is URL {
  const { href, protocol } = Object(value) as Partial<URL>;
  return typeof href === 'string' && typeof protocol === 'string';
}

/**
 * The path that names a file or folder, given as a path or as a `file:` address.
 *
 * @param Refusal the class of the error
 * @throws Refusal when it is neither
 */
export function filePath(
  source: string | URL,
  Refusal: new (problem: string, fix: string, options?: { cause?: unknown }) => ResNetError,
): string {
  const fix = "Give a path, such as 'folder/name'.";
  if (typeof source !== 'string' && !isUrl(source)) {
    throw new Refusal(`A path is a text or a file: URL, not ${kindOf(source)}.`, fix);
  }
  let path = String(source);
  if (typeof source !== 'string' || /^file:\/\//i.test(source)) {
    try {
      path = fileURLToPath(path);
    } catch (cause) {
      throw new Refusal(`${quotable(source)} names no file on this machine.`, fix, { cause });
    }
  }
  if (path === '') throw new Refusal('The path is empty.', fix);
  if (path.includes('\0')) throw new Refusal(`The path '${quotable(path)}' has a NUL character in it.`, fix);
  return path;
}
