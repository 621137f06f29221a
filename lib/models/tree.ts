/**
 * A network's structure as nested names, as PyTorch prints a module.
 */
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { isPyTorchModule, moduleType } from './moduleType';
import { inputShapeOf, type Module, modulesOf, type Shape } from './walk';

/** Channels or features: the last size of a shape. */
function channels(shape: Shape): number | null {
  return shape[shape.length - 1];
}

function pair(value: unknown): string {
  return Array.isArray(value) ? `${value.join('×')}` : `${value}`;
}

/** A layer in one line: its type, and what it was made with. */
function describe(module: Module): string {
  const { layer, inputs } = module;
  const config = layer.getConfig();
  const type = moduleType(module);
  switch (type) {
    case 'Conv2d': {
      const [kernel] = config.kernelSize as number[];
      const padded = inputs[0].getClassName() === 'ZeroPadding2D' || config.padding === 'same';
      return (
        `Conv2d(${channels(module.inputShape)}, ${channels(module.outputShape)}, kernelSize=${pair(config.kernelSize)}, ` +
        `stride=${pair(config.strides)}, padding=${padded ? (kernel - 1) / 2 : 0}, bias=${config.useBias})`
      );
    }
    case 'BatchNorm2d':
      return `BatchNorm2d(${channels(module.outputShape)}, epsilon=${config.epsilon}, momentum=${config.momentum})`;
    case 'AvgPool2d':
    case 'MaxPool2d':
      return `${type}(kernelSize=${pair(config.poolSize)})`;
    case 'Linear':
      return `Linear(${channels(module.inputShape)}, ${config.units}, bias=${config.useBias})`;
    default:
      return `${type}()`;
  }
}

/** Names of one level, each with its line or with the level beneath it. */
interface Level {
  type: string;
  entries: Map<string, Level | string>;
}

function levelAt(root: Level, path: string[]): Level {
  return path.reduce((level, name) => {
    const entry = level.entries.get(name);
    if (entry && typeof entry !== 'string') return entry;
    const next: Level = { type: 'Sequential', entries: new Map() };
    level.entries.set(name, next);
    return next;
  }, root);
}

function place(root: Level, modules: Module[]): void {
  for (const module of modules) {
    const inside = module.name.startsWith(`${root.type}.`)
      ? module.name.slice(root.type.length + 1)
      : module.name;
    const path = inside.split('.');
    if (module.children.length > 0) {
      const block = levelAt(root, path);
      block.type = moduleType(module);
      place(root, module.children);
      if (!block.entries.has('shortcut')) block.entries.set('shortcut', 'Identity()');
    } else if (isPyTorchModule(module)) {
      levelAt(root, path.slice(0, -1)).entries.set(path[path.length - 1], describe(module));
    }
  }
}

function print({ type, entries }: Level, indent: string): string {
  const lines = [...entries].map(([name, entry]) => {
    const text = typeof entry === 'string' ? entry : print(entry, `${indent}  `);
    return `${indent}  (${name}): ${text}`;
  });
  return [`${type}(`, ...lines, `${indent})`].join('\n');
}

/**
 * The structure of a network or a block as nested text, one line a layer, its names those of the layers.
 *
 * Sums and the ReLUs after them are part of a block and have no line.
 *
 * @throws ModelError for a network without layers or with several inputs
 */
export function tree(net: TensorFlow.LayersModel): string {
  const modules = modulesOf(net, inputShapeOf(net));
  const root: Level = { type: net.name, entries: new Map() };
  place(root, modules);
  return print(root, '');
}
