/** Checks of settings, for all rooms. */
import { ConfigError } from './errors';

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
  throw new ConfigError(`${name} is '${value}'.`, `Give ${name} one of: ${choices.join(', ')}.`);
}
