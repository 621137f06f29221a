/** Mounts, which takes root. */
import { spawnSync } from 'node:child_process';

/** @returns whether it could be done */
export const mount = (...args: string[]) => spawnSync('mount', args, { stdio: 'ignore' }).status === 0;

/** Takes a file system away, if need be once nobody uses it any more. */
export const unmount = (folder: string) => void spawnSync('umount', ['--lazy', folder]);
