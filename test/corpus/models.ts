/** Saved networks with files that are missing, cut off, altered or of another network. */
import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelError } from '../../lib/errors';
import { resnet18 } from '../../lib/models/resNet';
import { predictImage } from '../../lib/prediction/predictImage';
import { loadModel } from '../../lib/training/loadModel';
import { weightsFileName } from '../../lib/training/modelFiles';
import { saveModel } from '../../lib/training/saveModel';
import { type Case, refused } from './judge';
import { isPrediction, PRETRAINED } from './network';

const bad = (message: RegExp) => refused(ModelError, message);
const GREY = { width: 32, height: 32, data: new Uint8Array(32 * 32 * 3).fill(128) };

interface SavedLayer {
  name: string;
  class_name: string;
  config: Record<string, unknown>;
  inbound_nodes: [from: string, call: number][][];
}

/** What a saved network is said to be by its model.json; as much of it as is altered here. */
interface Saved {
  format: string;
  modelTopology: unknown;
  weightsManifest: { paths: string[]; weights: { name: string; shape: unknown; dtype: string }[] }[];
  userDefinedMetadata: unknown;
}

/** The folder of a network is spoilt, and then loaded and asked. */
function spoilt(name: string, spoil: (folder: string) => Promise<unknown>, expect: Case['expect']): Case {
  return {
    name,
    expect,
    async prepare(folder) {
      const path = join(folder, 'net');
      await cp(PRETRAINED, path, { recursive: true });
      await spoil(path);
      return {
        async read() {
          const net = await loadModel(path);
          return predictImage(net, GREY).finally(() => net.dispose());
        },
      };
    },
  };
}

const edited = (name: string, edit: (json: Saved) => unknown, expect: Case['expect']) =>
  spoilt(
    name,
    async (folder) => {
      const file = join(folder, 'model.json');
      const json = JSON.parse(await readFile(file, 'utf8')) as Saved;
      edit(json);
      await writeFile(file, JSON.stringify(json));
    },
    expect,
  );

const written = (name: string, text: string, expect: Case['expect']) =>
  spoilt(name, (folder) => writeFile(join(folder, 'model.json'), text), expect);

async function weightsFile(folder: string): Promise<string> {
  return join(folder, (await readdir(folder)).find((name) => name.endsWith('.bin'))!);
}

/** The weights are altered; `renamed`, their file is called as its content asks for. */
function weights(
  name: string,
  alter: (weights: Float32Array) => void,
  { renamed }: { renamed: boolean },
  expect: Case['expect'],
): Case {
  return spoilt(
    name,
    async (folder) => {
      const path = await weightsFile(folder);
      const bytes = new Uint8Array(await readFile(path));
      alter(new Float32Array(bytes.buffer));
      if (!renamed) return writeFile(path, bytes);
      const [file, to] = [join(folder, 'model.json'), weightsFileName(bytes)];
      const json = JSON.parse(await readFile(file, 'utf8')) as Saved;
      json.weightsManifest[0].paths = [to];
      await rm(path);
      await writeFile(join(folder, to), bytes);
      await writeFile(file, JSON.stringify(json));
    },
    expect,
  );
}

/** Layers of a topology, by the class they are of. */
function layersOf({ modelTopology }: Saved, className: string) {
  const { config } = modelTopology as {
    config: { layers: SavedLayer[] };
  };
  return config.layers.filter(({ class_name }) => class_name === className);
}

const FILES: Case[] = [
  spoilt('nothing', (folder) => rm(folder, { recursive: true }), bad(/There is no network at/)),
  spoilt('no model.json', (folder) => rm(join(folder, 'model.json')), bad(/without a model\.json/)),
  spoilt(
    'a folder for model.json',
    (folder) => instead(join(folder, 'model.json'), mkdir),
    bad(/without a model/),
  ),
  spoilt(
    'a device for model.json',
    (folder) => instead(join(folder, 'model.json'), (path) => symlink('/dev/zero', path)),
    bad(/without a model\.json that can be read/),
  ),
  spoilt('model.json cut off', (folder) => truncate(join(folder, 'model.json'), 1000), bad(/isn't JSON/)),
  spoilt('model.json empty', (folder) => truncate(join(folder, 'model.json'), 0), bad(/isn't JSON/)),
  spoilt('no weights', async (folder) => rm(await weightsFile(folder)), bad(/weights .* can't be read/)),
  spoilt(
    'weights cut off',
    async (folder) => truncate(await weightsFile(folder), 1000),
    bad(/has 1000 bytes/),
  ),
  spoilt('weights empty', async (folder) => truncate(await weightsFile(folder), 0), bad(/has 0 bytes/)),
  spoilt(
    'weights of a terabyte',
    async (folder) => truncate(await weightsFile(folder), 1e12),
    bad(/has 1000000000000 bytes/),
  ),
  spoilt(
    'a device for weights',
    async (folder) => instead(await weightsFile(folder), (path) => symlink('/dev/zero', path)),
    bad(/has 0 bytes/),
  ),
  spoilt(
    'a pipe for weights',
    async (folder) => instead(await weightsFile(folder), (path) => execFileSync('mkfifo', [path])),
    bad(/has 0 bytes/),
  ),
  spoilt(
    'weights of a network of another size',
    async (folder) => {
      const other = `${folder}-other`;
      await saveModel(resnet18({ width: 1 }), other);
      const { weightsManifest } = JSON.parse(await readFile(join(other, 'model.json'), 'utf8')) as Saved;
      const json = JSON.parse(await readFile(join(folder, 'model.json'), 'utf8')) as Saved;
      await cp(await weightsFile(other), join(folder, weightsManifest[0].paths[0]));
      await writeFile(join(folder, 'model.json'), JSON.stringify({ ...json, weightsManifest }));
    },
    bad(/don't fit together/),
  ),
];

const WEIGHTS: Case[] = [
  weights('one bit of a weight', (values) => flipBit(values, 5000), { renamed: false }, bad(/was altered/)),
  weights(
    'a weight that is NaN',
    (values) => values.fill(NaN, 5000, 5001),
    { renamed: true },
    bad(/answers NaN/),
  ),
  weights('weights that are all NaN', (values) => values.fill(NaN), { renamed: true }, bad(/answers NaN/)),
  weights(
    'weights that are all infinite',
    (values) => values.fill(Infinity),
    { renamed: true },
    bad(/answers/),
  ),
  weights('weights of 3e38', (values) => values.fill(3e38), { renamed: true }, bad(/answers/)),
];

const TEXTS: Case[] = [
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

const MANIFESTS: Case[] = [
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
  edited(
    'a weight without a name',
    ({
      weightsManifest: [
        {
          weights: [first],
        },
      ],
    }) => Object.assign(first, { name: 5 }),
    bad(/without a name/),
  ),
  edited(
    'a weight of no type',
    ({
      weightsManifest: [
        {
          weights: [first],
        },
      ],
    }) => (first.dtype = 'constructor'),
    bad(/and a type/),
  ),
  edited(
    'a weight of texts',
    ({
      weightsManifest: [
        {
          weights: [first],
        },
      ],
    }) => (first.dtype = 'string'),
    bad(/and a type/),
  ),
  edited(
    'a shape below 0',
    ({
      weightsManifest: [
        {
          weights: [first],
        },
      ],
    }) => (first.shape = [-1, -3, 3, 16]),
    bad(/a shape/),
  ),
  edited(
    'a shape that is none',
    ({
      weightsManifest: [
        {
          weights: [first],
        },
      ],
    }) => (first.shape = 'large'),
    bad(/a shape/),
  ),
  edited(
    'a shape beyond all memory',
    ({
      weightsManifest: [
        {
          weights: [first],
        },
      ],
    }) => (first.shape = [1e9, 1e9]),
    bad(/describes/),
  ),
  edited(
    'a shape turned round',
    ({
      weightsManifest: [
        {
          weights: [first],
        },
      ],
    }) => (first.shape as []).reverse(),
    bad(/don't fit together/),
  ),
  edited(
    'a weight of another name',
    ({
      weightsManifest: [
        {
          weights: [first],
        },
      ],
    }) => (first.name = 'other'),
    bad(/don't fit together/),
  ),
];

const TOPOLOGIES: Case[] = [
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

const FACTS: Case[] = [
  edited('no class names', (json) => (json.userDefinedMetadata = {}), isPrediction),
  edited(
    'metadata of another program',
    (json) => (json.userDefinedMetadata = { author: 'somebody' }),
    isPrediction,
  ),
  edited('metadata that is a text', (json) => (json.userDefinedMetadata = 'cat'), bad(/to be a JSON object/)),
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

export const MODELS: readonly Case[] = [
  ...FILES,
  ...WEIGHTS,
  ...TEXTS,
  ...MANIFESTS,
  ...TOPOLOGIES,
  ...FACTS,
];

/** Has something else in a file's place. */
async function instead(path: string, make: (path: string) => unknown): Promise<void> {
  await rm(path);
  await make(path);
}

function flipBit(values: Float32Array, at: number): void {
  new Uint32Array(values.buffer)[at] ^= 1;
}
