/** Redirects that lead nowhere, or where nothing is fetched. */
import { endlessRedirect, redirect } from '../answers';
import type { Case } from '../judge';
import { bad, site, web } from './asked';

export const REDIRECTS: readonly Case[] = [
  site(
    'in a circle, which is named',
    { '/': redirect('/2'), '/2': redirect('/3'), '/3': redirect('/2') },
    bad(/in a circle: \S+\/2 → \S+\/3 → \S+\/2\./),
  ),
  web('to itself', redirect('/'), bad(/in a circle/)),
  web('to itself, with a body without end', endlessRedirect('/'), bad(/in a circle/)),
  web(
    'without end',
    (response, { url }) => response.writeHead(302, { location: `/?${Number(url!.slice(2)) + 1}` }).end(),
    bad(/more than 5 times/),
  ),
  web(
    'to a file',
    redirect('file:///etc/passwd'),
    bad(/file:\/\/\/etc\/passwd, to which \S+ redirects, is not fetched/),
  ),
  web('to data', redirect('data:image/png;base64,AAAA'), bad(/only http and https/)),
  web('to a script', redirect('javascript:alert(1)'), bad(/only http and https/)),
  web('to ftp', redirect('ftp://127.0.0.1/truck.png'), bad(/only http and https/)),
  web('to no address', redirect('http://[broken'), bad(/no address/)),
  web('to nowhere', (response) => response.writeHead(302).end(), bad(/302 Found/)),
  web('to a port where nobody listens', redirect('http://127.0.0.1:1/'), bad(/refuses the connection/)),
].map((input) => ({ ...input, name: `a redirect ${input.name}` }));
