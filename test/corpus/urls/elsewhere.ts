/** Addresses that no server of the test's is at: nobody's, of another protocol, or none. */
import { predictUrl } from '../../../lib/prediction/predictUrl';
import type { Case } from '../judge';
import { network } from '../network';
import { bad } from './asked';

function address(name: string, url: string, message: RegExp): Case {
  return {
    name,
    expect: bad(message),
    async prepare() {
      const net = await network();
      return { read: () => predictUrl(net, url) };
    },
  };
}

export const ELSEWHERE: readonly Case[] = [
  address('ftp', 'ftp://127.0.0.1/cat.jpg', /only http and https/),
  address('a file', 'file:///etc/passwd', /only http and https/),
  address('data that are no picture', 'data:image/png;base64,AAAA', /binary data/),
  address('a path', 'pictures/cat.jpg', /'pictures\/cat\.jpg' is no address.*predictFile/s),
  address('none', '', /no address/),
  address('no host', 'http://', /no address/),
  address('a port that is none', 'http://127.0.0.1:99999/', /no address/),
  address('an address of IPv6 that is none', 'http://[::g]/', /no address/),
  address('an address of IPv6 where nobody listens', 'http://[::1]:1/', /refuses the connection|reached/),
  address('a name and a password', 'http://name:secret@127.0.0.1:1/', /can't be fetched/),
  address('a host that is not there', 'http://nothing.invalid/cat.jpg', /name can't be resolved/),
  address('a port where nobody listens', 'http://127.0.0.1:1/cat.jpg', /refuses the connection/),
];
