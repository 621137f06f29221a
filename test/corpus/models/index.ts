/** Saved networks with files that are missing, cut off, altered or of another network. */
import type { Case } from '../judge';
import { FILES } from './files';
import { MANIFESTS } from './manifests';
import { METADATA } from './metadata';
import { TEXTS } from './texts';
import { TOPOLOGIES } from './topologies';
import { WEIGHTS } from './weights';

export const MODELS: readonly Case[] = [
  ...FILES,
  ...WEIGHTS,
  ...TEXTS,
  ...MANIFESTS,
  ...TOPOLOGIES,
  ...METADATA,
];
