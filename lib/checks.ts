/** Checks of arguments. */
import { fileURLToPath } from 'node:url';
import { ConfigError, ImageError, quotable, type ResNetError } from './errors';

/** @throws ConfigError unless `value` is 1, 2, 3, … */
export function checkPositiveInteger(name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new ConfigError(`${name} is ${quotable(value)}.`, `Give ${name} a whole number of at least 1.`);
}

/** @throws ConfigError unless `value` is finite and within `min`..`max`, ends included */
export function checkNumber(name: string, value: number, min: number, max = Number.POSITIVE_INFINITY): void {
  if (Number.isFinite(value) && value >= min && value <= max) return;
  const range = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new ConfigError(`${name} is ${quotable(value)}.`, `Give ${name} a number ${range}.`);
}

/** @throws ConfigError unless `value` is finite and above 0 */
export function checkPositive(name: string, value: number): void {
  if (Number.isFinite(value) && value > 0) return;
  throw new ConfigError(`${name} is ${quotable(value)}.`, `Give ${name} a number above 0.`);
}

/** @throws ConfigError unless `value` is one of `choices` */
export function checkChoice(name: string, value: string, choices: readonly string[]): void {
  if (choices.includes(value)) return;
  throw new ConfigError(`${name} is '${quotable(value)}'.`, `Give ${name} one of: ${choices.join(', ')}.`);
}

/** What a value is, to be said in a sentence that asked for something else: `undefined`, `a number`, `an Array`. */
export function kindOf(value: unknown): string {
  if (value === undefined || value === null) return String(value);
  const kind = typeof value === 'object' ? quotable(value.constructor?.name || 'object') : typeof value;
  return `${/^[aeiou]/i.test(kind) ? 'an' : 'a'} ${kind}`;
}

/**
 * The form that a value must have: the name of a type, `numbers` for an array or typed array of them, a list with the form of its
 * elements, or the fields of an object, of which those whose name ends in `?` may be left out.
 */
export type Form =
  | 'number'
  | 'string'
  | 'boolean'
  | 'function'
  | 'numbers'
  | readonly [element: Form]
  | { readonly [field: string]: Form };

/** The form of an `AbortSignal`. */
export const SIGNAL_FORM: Form = { aborted: 'boolean', addEventListener: 'function' };

/** The first part of a value that isn't of its form, in words: `epochs[0].trainLoss is undefined, not a number`. */
function misfit(name: string, value: unknown, form: Form): string | undefined {
  const isNot = (wanted: string) => `${name} is ${kindOf(value)}, not ${wanted}`;
  if (form === 'numbers') {
    if (ArrayBuffer.isView(value)) return undefined;
    return misfit(name, value, ['number']);
  }
  if (typeof form === 'string') {
    return typeof value === form ? undefined : isNot(`a ${form}`);
  }
  const parts: [name: string, part: unknown, form: Form][] = [];
  if (Array.isArray(form)) {
    if (!Array.isArray(value)) return isNot('an array');
    for (const [i, element] of value.entries()) parts.push([`${name}[${i}]`, element, form[0]]);
  } else {
    if (typeof value !== 'object' || value === null) return isNot('an object');
    for (const [key, fieldForm] of Object.entries(form)) {
      const field = key.replace('?', '');
      const part = (value as Record<string, unknown>)[field];
      if (part !== undefined || field === key) parts.push([`${name}.${field}`, part, fieldForm]);
    }
  }
  for (const part of parts) {
    const found = misfit(...part);
    if (found) return found;
  }
  return undefined;
}

/**
 * Checks that a value has a form, and returns it.
 *
 * @param name what the caller calls it
 * @param fix what to give instead, in a sentence
 * @throws Refusal where it or a part of it is of another form
 */
export function checkForm<T>(
  name: string,
  value: T,
  form: Form,
  fix: string,
  Refusal: new (problem: string, fix: string) => ResNetError = ConfigError,
): T {
  const found = misfit(name, value, form);
  if (found) throw new Refusal(`${found}.`, fix);
  return value;
}

/**
 * Checks an image: three numbers for each of its pixels.
 *
 * @throws ImageError
 */
export function checkImage(image: { width: number; height: number; data: Uint8Array }): void {
  const form: Form = { width: 'number', height: 'number', data: 'numbers' };
  const fix =
    'Give what `readImage` or `fetchImage` returns: { width, height, data }, with red, green and blue of each pixel.';
  const { width, height, data } = checkForm('picture', image, form, fix, ImageError);
  if (data.length > 0 && data.length === width * height * 3) return;
  throw new ImageError(
    `An image of ${width}×${height} pixels has ${data.length} numbers.`,
    'Give three for each pixel: red, green and blue, without alpha.',
  );
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
