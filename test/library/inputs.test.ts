/** Bad and odd inputs of every kind: files, addresses, data sets, networks and checkpoints. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CORPUS } from '../corpus/corpus';
import { judge } from '../corpus/judge';

for (const [kind, cases] of Object.entries(CORPUS)) {
  describe(`${cases.length} ${kind}`, () => {
    for (const input of cases) test(`${cases.length} ${kind}: ${input.name}`, () => judge(input));
  });
}

test('each input is another one', (context) => {
  const names = Object.entries(CORPUS).flatMap(([kind, cases]) =>
    cases.map(({ name }) => `${kind}: ${name}`),
  );
  assert.equal(new Set(names).size, names.length);
  context.diagnostic(`${names.length} inputs`);
});
