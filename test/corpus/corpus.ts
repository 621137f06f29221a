/** All inputs that the library has to come through, by kind. */
import type { Case } from './judge';
import { PICTURES } from './pictures';
import { URLS } from './urls';

export const CORPUS: Readonly<Record<string, readonly Case[]>> = {
  'picture files': PICTURES,
  addresses: URLS,
};
