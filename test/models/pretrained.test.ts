/** The trained networks that ship: what their cards say, the ten pictures beside them, and the sample of the test images. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, parse } from 'node:path';
import { describe, test } from 'node:test';
import { CLASS_NAMES } from '../../lib/data/classNames';
import { DataLoader } from '../../lib/data/dataLoader';
import { packageDataFolder } from '../../lib/data/folders';
import { installKernels } from '../../lib/engine/kernels/install';
import { ConfigError } from '../../lib/errors';
import { loadPretrained, type PretrainedName } from '../../lib/models/files/loadPretrained';
import { networkInfo } from '../../lib/models/networkInfo';
import { loadCifar10 } from '../../lib/notebook/loadCifar10';
import { predictFile } from '../../lib/prediction/predictFile';
import { evaluate } from '../../lib/training/evaluate';
import { readHistory } from '../../lib/training/historyFile';

installKernels();

const folderOf = (name: string) => join(packageDataFolder(), 'pretrained', name);

/** By name, the least that its card may say of all test images, in percent. */
const NETWORKS: Record<PretrainedName, number> = { resnet18: 94.5, resnet8: 91 };

describe('networks that ship', () => {
  for (const [name, least] of Object.entries(NETWORKS) as [PretrainedName, number][]) {
    test(`networks that ship: ${name} is as good as its card says, and of no more than 6 MB`, async () => {
      const card = readFileSync(join(folderOf(name), 'README.md'), 'utf8');
      const said = Number(/([\d.]+) % of the 10,000 test images right/.exec(card)?.[1]);
      assert.ok(said >= least, `the card says ${said} %`);
      const bytes = readdirSync(folderOf(name)).map((file) => statSync(join(folderOf(name), file)).size);
      assert.ok(bytes.reduce((a, b) => a + b) <= 6e6);
      const net = await loadPretrained(name);
      assert.deepEqual(networkInfo(net).classNames, CLASS_NAMES);
      const { test: sample } = await loadCifar10({ sample: true });
      const { accuracy } = await evaluate(net, new DataLoader(sample));
      const deviation = Math.sqrt(((said / 100) * (1 - said / 100)) / sample.length);
      assert.ok(Math.abs(accuracy - said / 100) < 3 * deviation, `${accuracy} of the sample`);
      const { records } = await readHistory(folderOf(name));
      assert.ok(records.every(({ testedOn }) => testedOn === 'validation'));
    });

    test(`networks that ship: ${name} names what the ten pictures show`, async () => {
      const net = await loadPretrained(name);
      const folder = join(packageDataFolder(), 'pictures');
      const files = readdirSync(folder).filter((file) => CLASS_NAMES.includes(parse(file).name));
      assert.equal(files.length, 10);
      for (const file of files) {
        const { className } = await predictFile(net, join(folder, file));
        assert.equal(className, parse(file).name);
      }
    });
  }

  test('networks that ship: another name is refused', async () => {
    await assert.rejects(loadPretrained('resnet50' as never), ConfigError);
  });
});
