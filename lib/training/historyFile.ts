/**
 * The record of a training run as a file, beside the network it made.
 */
import { join } from 'node:path';
import { device } from '../engine/runtime/device';
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { networkInfo } from '../models/networkInfo';
import type { EpochRecord, History } from './history';
import { writeWhole } from './savedFiles';

/** What history.json holds. */
export interface HistoryFile {
  /** The network's architecture, or its name where that isn't known. */
  network: string;
  /** Epochs trained. */
  epochs: number;
  /** After the last epoch, 0..1. */
  testAccuracy: number;
  /** The best of all epochs, 0..1. */
  bestTestAccuracy: number;
  /** Wall clock of all epochs, testing included. */
  seconds: number;
  /** The processor it ran on. */
  device: string;
  /** Oldest first. */
  records: readonly EpochRecord[];
}

/** Writes history.json into a network's folder. */
export async function writeHistory(
  folder: string,
  net: TensorFlow.LayersModel,
  { epochs: records }: History,
): Promise<void> {
  const accuracies = records.map(({ testAccuracy }) => testAccuracy);
  const file: HistoryFile = {
    network: networkInfo(net).architecture ?? net.name,
    epochs: records.length,
    testAccuracy: accuracies[accuracies.length - 1],
    bestTestAccuracy: Math.max(...accuracies),
    seconds: records.reduce((total, { seconds }) => total + seconds, 0),
    device: device().name,
    records,
  };
  await writeWhole(join(folder, 'history.json'), `${JSON.stringify(file, null, 2)}\n`);
}
