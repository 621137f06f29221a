/** Has the disk be full: a small file system in memory, which is made larger step by step. */
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import * as path from 'node:path';
import { mount, unmount } from '../mount';
import type { Tally } from '../tally';
import { Checkout } from './checkout';

/** Sizes at which a step finds no space. */
const SIZES = { 'Node packages': '200m', Jupyter: '800m', TensorFlow: '1500m' };
const ENOUGH = '4g';
const WORDS = /The disk is full: a set-up takes 4 GB/;

/** Leaves not a byte free. */
function fill(file: string): void {
  const handle = openSync(file, 'w');
  const bytes = Buffer.alloc(1 << 20);
  try {
    for (let size = bytes.length; size > 0; ) {
      try {
        writeSync(handle, bytes, 0, size);
      } catch {
        size >>= 1;
      }
    }
  } finally {
    closeSync(handle);
  }
}

/** Fills the disk before the set-up begins and in each of its large steps, then frees some. */
export async function fillDisk(folder: string, tally: Tally): Promise<void> {
  mkdirSync(folder);
  if (!mount('-t', 'tmpfs', '-o', 'size=100m', 'none', folder)) {
    tally.leaveOut('a full disk', 'a small file system takes root to mount');
    return;
  }
  try {
    const checkout = new Checkout(path.join(folder, 'checkout'));
    const ballast = path.join(folder, 'ballast');
    fill(ballast);
    await tally.try('a disk that is full from the start', () => checkout.setUpBadly({}, WORDS));
    rmSync(ballast);
    for (const [step, size] of Object.entries(SIZES)) {
      mount('-o', `remount,size=${size}`, folder);
      await tally.try(`${step}: a disk of ${size}`, () =>
        checkout.setUpBadly({}, new RegExp(`^${step}: failed`, 'm'), WORDS),
      );
    }
    mount('-o', `remount,size=${ENOUGH}`, folder);
    await tally.try('the set-up with space freed', () => checkout.setUpWell());
  } finally {
    unmount(folder);
  }
}
