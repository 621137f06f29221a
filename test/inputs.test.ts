/** Bad and odd inputs of every kind: files, addresses, data sets, networks and checkpoints. */
import { describe, test } from 'node:test';
import { CORPUS } from './corpus/corpus';
import { judge } from './corpus/judge';

for (const [kind, cases] of Object.entries(CORPUS)) {
  describe(`${cases.length} ${kind}`, () => {
    for (const input of cases) test(input.name, () => judge(input));
  });
}
