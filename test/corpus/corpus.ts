/** All inputs that the library has to come through, by kind. */
import type { Case } from './judge';
import { PICTURES } from './pictures';

export const CORPUS: Readonly<Record<string, readonly Case[]>> = {
  'picture files': PICTURES,
};
