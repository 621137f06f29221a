/** Servers that give the image, each in a way of its own. */
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { body, endlessRedirect, redirect } from '../answers';
import type { Case } from '../judge';
import { isTruck, TRUCK } from '../network';
import { httpSite } from '../servers';
import { at, encoded, site, truck, web } from './asked';

export const GOOD: readonly Case[] = [
  web('a picture', truck, isTruck),
  web('an image that is called a page', body(TRUCK, { 'content-type': 'text/html' }), isTruck),
  web('an image, gzip', encoded(gzipSync(TRUCK), 'gzip'), isTruck),
  web('an image, deflate', encoded(deflateSync(TRUCK), 'deflate'), isTruck),
  web('an image, brotli', encoded(brotliCompressSync(TRUCK.subarray()), 'br'), isTruck),
  web(
    'an image for those who say who they are',
    (response, request) =>
      request.headers['user-agent']?.includes('resnet') ? response.end(TRUCK) : response.writeHead(403).end(),
    isTruck,
  ),
  web('with all the time in the world', truck, isTruck, { timeout: Infinity, stallTimeout: Infinity }),
  at('at an address of IPv6', () => httpSite({ '/': truck }, '::1'), isTruck),
  at('at a path in other letters', () => httpSite({ '/лошадь 馬.png': truck }), isTruck, {
    path: '/лошадь 馬.png',
  }),
  site(
    'behind four redirects',
    {
      '/': redirect('/r2', 301),
      '/r2': redirect('r3', 303),
      '/r3': redirect('/r4', 307),
      '/r4': redirect('/truck.png#fragment', 308),
      '/truck.png': truck,
    },
    isTruck,
  ),
  site(
    'behind a redirect whose body has no end',
    { '/': endlessRedirect('/truck'), '/truck': truck },
    isTruck,
  ),
];
