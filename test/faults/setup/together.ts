/** Calls two set-ups of one checkout at the same time. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { Tally } from '../tally';
import type { Checkout } from './checkout';

/** Has two set-ups find the same two steps of a finished checkout undone. */
export async function setUpTogether(checkout: Checkout, tally: Tally): Promise<void> {
  for (const mark of ['.resnet-notebooks/tensorflow/resnet-notebooks.json', 'lib/dist/.sources']) {
    rmSync(checkout.path(mark));
  }
  await tally.try('two set-ups at once', async () => {
    const said = (await Promise.all([checkout.setUpWell(), checkout.setUpWell()])).join('');
    for (const once of [
      /^TensorFlow: CPU build|CUDA build/gm,
      /^Library: compiled/gm,
      /waiting for it\.$/gm,
    ]) {
      assert.equal(said.match(once)?.length, 1, `${once} in\n${said}`);
    }
  });
}
