/** A saved network as it lies in its folder: as much of it as is altered here. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

interface SavedLayer {
  name: string;
  class_name: string;
  config: Record<string, unknown>;
  inbound_nodes: [from: string, call: number][][];
}

/** What a saved network is said to be by its model.json. */
export interface Saved {
  format: string;
  modelTopology: unknown;
  weightsManifest: { paths: string[]; weights: { name: string; shape: unknown; dtype: string }[] }[];
  userDefinedMetadata: unknown;
}

/** Layers of a topology, by the class they are of. */
export function layersOf({ modelTopology }: Saved, className: string): SavedLayer[] {
  const { config } = modelTopology as {
    config: { layers: SavedLayer[] };
  };
  return config.layers.filter(({ class_name }) => class_name === className);
}

/** Where its weights are. */
export async function weightsFile(folder: string): Promise<string> {
  return join(folder, (await readdir(folder)).find((name) => name.endsWith('.bin'))!);
}
