/** Saved networks whose model.json tells of layers that can't be built. */
import type { Case } from '../judge';
import { layersOf } from './saved';
import { bad, edited } from './spoilt';

export const TOPOLOGIES: readonly Case[] = [
  edited('a graph model', (json) => (json.format = 'graph-model'), bad(/is a graph model/)),
  edited('a topology that is null', (json) => (json.modelTopology = null), bad(/modelTopology is none/)),
  edited('a topology that is a text', (json) => (json.modelTopology = 'ResNet'), bad(/don't fit together/)),
  edited(
    'an unknown layer',
    (json) => layersOf(json, 'Conv2D').map((layer) => (layer.class_name = 'Conv2E')),
    bad(/Unknown layer/),
  ),
  edited(
    'a layer that JavaScript knows',
    (json) => layersOf(json, 'Conv2D').map((layer) => (layer.class_name = '__proto__')),
    bad(/don't fit together/),
  ),
  edited(
    'a layer less',
    (json) => (json.modelTopology as { config: { layers: [] } }).config.layers.pop(),
    bad(/don't fit together/),
  ),
  edited(
    'a convolution of a billion filters',
    (json) => (layersOf(json, 'Conv2D')[0].config.filters = 1e9),
    bad(/don't fit together/),
  ),
  edited(
    'a layer of a billion classes',
    (json) => (layersOf(json, 'Dense')[0].config.units = 1e9),
    bad(/don't fit together/),
  ),
  edited(
    'filters that are no number',
    (json) => (layersOf(json, 'Conv2D')[0].config.filters = 'many'),
    bad(/don't fit together/),
  ),
  edited(
    'a layer that takes what nothing gives',
    (json) => (layersOf(json, 'Conv2D')[0].inbound_nodes[0][0][0] = 'nothing'),
    bad(/don't hang together/),
  ),
  edited(
    'a layer that takes what it gives',
    (json) => (layersOf(json, 'Conv2D')[0].inbound_nodes[0][0][0] = 'features.conv'),
    bad(/don't hang together/),
  ),
  edited(
    'two layers of one name',
    (json) => layersOf(json, 'Conv2D').map((layer) => (layer.name = 'conv')),
    bad(/hang/),
  ),
];
