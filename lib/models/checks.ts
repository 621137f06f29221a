/** Checks of the numbers that a network is made of. */
import { ConfigError } from '../errors';

/** @throws ConfigError unless `value` is 1, 2, 3, … */
export function checkPositiveInteger(name: string, value: number): void {
  if (Number.isInteger(value) && value > 0) return;
  throw new ConfigError(`${name} is ${value}.`, `Give ${name} a whole number of at least 1.`);
}
