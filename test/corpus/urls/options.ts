/** Limits of time and size that are none. */
import { ConfigError } from '../../../lib/errors';
import { type Case, refused } from '../judge';
import { truck, web } from './asked';

export const OPTIONS: readonly Case[] = ['timeout', 'stallTimeout', 'maxBytes'].flatMap((option) =>
  [0, NaN].map((value) =>
    web(`${option} ${value}`, truck, refused(ConfigError, new RegExp(`${option} is ${value}`)), {
      [option]: value,
    }),
  ),
);
