/** Saved networks whose model.json tells of weights that aren't there. */
import type { Case } from '../judge';
import type { Saved } from './saved';
import { bad, edited } from './spoilt';

type Weight = Saved['weightsManifest'][number]['weights'][number];

/** What is said of the first weight is altered. */
const weight = (name: string, edit: (first: Weight) => unknown, expect: Case['expect']): Case =>
  edited(name, ({ weightsManifest: [group] }) => edit(group.weights[0]), expect);

export const MANIFESTS: readonly Case[] = [
  edited(
    'no groups of weights',
    (json) => Object.assign(json, { weightsManifest: 5 }),
    bad(/no modelTopology and/),
  ),
  edited(
    'a group of nothing',
    (json) => Object.assign(json, { weightsManifest: [{}] }),
    bad(/without paths/),
  ),
  edited(
    'a group that is null',
    (json) => Object.assign(json, { weightsManifest: [null] }),
    bad(/without paths/),
  ),
  edited(
    'weights outside of the folder',
    ({ weightsManifest: [group] }) => (group.paths = ['../../../../etc/passwd']),
    bad(/isn't beside it/),
  ),
  edited('weights twice', ({ weightsManifest: [group] }) => group.paths.push(group.paths[0]), bad(/twice/)),
  weight('a weight without a name', (first) => Object.assign(first, { name: 5 }), bad(/without a name/)),
  weight('a weight of no type', (first) => (first.dtype = 'constructor'), bad(/and a type/)),
  weight('a weight of texts', (first) => (first.dtype = 'string'), bad(/and a type/)),
  weight('a shape below 0', (first) => (first.shape = [-1, -3, 3, 16]), bad(/a shape/)),
  weight('a shape that is none', (first) => (first.shape = 'large'), bad(/a shape/)),
  weight('a shape beyond all memory', (first) => (first.shape = [1e9, 1e9]), bad(/describes/)),
  weight('a shape turned round', (first) => (first.shape as []).reverse(), bad(/don't fit together/)),
  weight('a weight of another name', (first) => (first.name = 'other'), bad(/don't fit together/)),
];
