/** Saved networks with class names and normalizations that fit, and that don't. */
import type { Case } from '../judge';
import { isPrediction } from '../network';
import { bad, edited } from './spoilt';

export const METADATA: readonly Case[] = [
  edited('no class names', (json) => (json.userDefinedMetadata = {}), isPrediction),
  edited(
    'metadata of another program',
    (json) => (json.userDefinedMetadata = { author: 'somebody' }),
    isPrediction,
  ),
  edited('metadata that is a text', (json) => (json.userDefinedMetadata = 'cat'), bad(/says of its network/)),
  edited(
    'class names that are a text',
    (json) => (json.userDefinedMetadata = { classNames: 'abcdefghij' }),
    bad(/what can't be/),
  ),
  edited(
    'class names that are numbers',
    (json) => (json.userDefinedMetadata = { classNames: [1, 2] }),
    bad(/what can't be/),
  ),
  edited(
    'too few class names',
    (json) => (json.userDefinedMetadata = { classNames: ['a'] }),
    bad(/1 class names/),
  ),
  edited(
    'a normalization without numbers',
    (json) => (json.userDefinedMetadata = { normalization: {} }),
    bad(/what can't be/),
  ),
  edited(
    'a normalization that is null',
    (json) => (json.userDefinedMetadata = { normalization: null }),
    bad(/what can't be/),
  ),
  edited(
    'a deviation of 0',
    (json) => (json.userDefinedMetadata = { normalization: { mean: [0, 0, 0], std: [0, 1, 1] } }),
    bad(/what can't be/),
  ),
];
