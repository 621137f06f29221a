/**
 * A look at how the layers of a model.json hang together, before TensorFlow.js builds them: for a layer that isn't there it would
 * wait for ever.
 */

/**
 * A layer in model.json; `inbound_nodes` has a list for each of its calls, of the outputs that the call takes. Layers that just follow
 * one another have neither that nor a name here.
 */
interface Layer {
  name?: string;
  class_name: string;
  config: { name?: string };
  inbound_nodes?: [from: string, call: number][][];
}

/** Layers that have an output before they are called. */
const BEGINNINGS = ['InputLayer', 'Model', 'Functional', 'Sequential'];

/**
 * Tells whether all layers can be built, in networks within networks too: each has a name of its own, and takes what others give
 * that don't wait for it.
 *
 * @throws TypeError where it is no topology at all
 */
export function canBeBuilt(topology: unknown): boolean {
  if (typeof topology !== 'object' || topology === null) return true;
  const { layers } = topology as { layers?: Layer[] };
  return (!Array.isArray(layers) || areBuilt(layers)) && Object.values(topology).every(canBeBuilt);
}

function areBuilt(layers: readonly Layer[]): boolean {
  if (layers.every(({ name, inbound_nodes }) => name === undefined && inbound_nodes === undefined))
    return true;
  const calls = new Map<string | undefined, number>();
  for (const { name, class_name, config } of layers) {
    if (calls.has(name) || (config.name ?? name) !== name) return false;
    calls.set(name, BEGINNINGS.includes(class_name) ? 1 : 0);
  }
  let waiting = layers.flatMap(({ name, inbound_nodes = [] }) =>
    inbound_nodes.map((takes) => ({ name, takes })),
  );
  for (let before = Number.NaN; waiting.length > 0 && waiting.length !== before; ) {
    before = waiting.length;
    waiting = waiting.filter(({ name, takes }) => {
      if (!takes.every(([from, call]) => (calls.get(from) ?? 0) > call)) return true;
      calls.set(name, (calls.get(name) ?? 0) + 1);
      return false;
    });
  }
  return waiting.length === 0;
}
