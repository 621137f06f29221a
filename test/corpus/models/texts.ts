/** Saved networks whose model.json is none. */
import type { Case } from '../judge';
import { bad, written } from './spoilt';

export const TEXTS: readonly Case[] = [
  written('a page for model.json', '<!doctype html>', bad(/isn't JSON/)),
  written('other JSON', '{}', bad(/isn't a saved network/)),
  written('null', 'null', bad(/isn't a saved network/)),
  written('a number', '5', bad(/isn't a saved network/)),
  written('a list', '[]', bad(/isn't a saved network/)),
  written('lists within lists', `${'['.repeat(1e6)}${']'.repeat(1e6)}`, bad(/isn't/)),
  written(
    'a topology of lists within lists',
    `{"weightsManifest": [], "modelTopology": ${'['.repeat(1e5)}${']'.repeat(1e5)}}`,
    bad(/modelTopology is none/),
  ),
];
