/**
 * Trees of tensors: what a step takes and returns, tensors on their own or nested in arrays and objects.
 */
import { EngineError } from '../../errors';
import { type TensorFlow, tf } from '../runtime/tensorflow';

/** Tensors on their own or nested in arrays and objects. */
export type TensorTree = TensorFlow.Tensor | readonly TensorTree[] | { readonly [name: string]: TensorTree };

/** A tree of the same structure with each tensor replaced, from left to right. */
export function mapTensors<Tree extends TensorTree>(
  tree: Tree,
  replace: (tensor: TensorFlow.Tensor) => TensorFlow.Tensor,
): Tree {
  const map = (part: TensorTree): TensorTree => {
    if (part instanceof tf.Tensor) return replace(part);
    if (Array.isArray(part)) return part.map(map);
    return Object.fromEntries(Object.entries(part).map(([name, child]) => [name, map(child)]));
  };
  return map(tree) as Tree;
}

/**
 * The tensors of a tree, in the order in which `mapTensors` meets them.
 *
 * @param name of the tree, for the error
 * @throws EngineError where something in it is neither a tensor, an array nor an object
 */
export function tensorsIn(tree: TensorTree, name: string): TensorFlow.Tensor[] {
  if (tree instanceof tf.Tensor) return [tree];
  if (Array.isArray(tree)) return tree.flatMap((part, i) => tensorsIn(part, `${name}[${i}]`));
  const isObject = typeof tree === 'object' && tree !== null && !ArrayBuffer.isView(tree);
  if (isObject) return Object.entries(tree).flatMap(([key, part]) => tensorsIn(part, `${name}.${key}`));
  const kind = typeof tree === 'object' && tree ? (tree as object).constructor.name : String(typeof tree);
  throw new EngineError(
    `A step takes and returns tensors; ${name} is ${tree === null ? 'null' : `of type ${kind}`}.`,
    'Make a tensor of it, with tf.scalar for a number, or leave it out.',
  );
}

/** The structure of a tree as text, with `leaf` in the place of each tensor. */
export function structureOf(
  tree: TensorTree,
  leaf: (tensor: TensorFlow.Tensor) => string = () => 'tensor',
): string {
  return JSON.stringify(mapTensors(tree, leaf as never));
}
