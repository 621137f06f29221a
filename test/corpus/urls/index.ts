/** Addresses of images: servers that answer well, badly, slowly and without end, and addresses that are none. */
import type { Case } from '../judge';
import { ELSEWHERE } from './elsewhere';
import { GOOD } from './good';
import { INSECURE } from './insecure';
import { OPTIONS } from './options';
import { REDIRECTS } from './redirects';
import { TOO_MUCH } from './tooMuch';
import { WRONG } from './wrong';

export const URLS: readonly Case[] = [
  ...GOOD,
  ...WRONG,
  ...TOO_MUCH,
  ...REDIRECTS,
  ...INSECURE,
  ...ELSEWHERE,
  ...OPTIONS,
];
