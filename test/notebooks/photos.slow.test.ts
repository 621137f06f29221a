/** Notebook 15 with a folder of somebody's own: 2,000 photos of all sizes and formats, ten of them broken, become a trained network. */
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join, parse } from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { Random } from '../../lib/data/random';
import { runNotebook } from '../../scripts/jupyter/runNotebook.mjs';
import { packageRoot, projectAt } from '../../scripts/setup/project.mjs';

const COUNT = 2000;
const FORMATS = ['jpeg', 'png', 'webp', 'gif'] as const;

const project = projectAt(packageRoot);
const folder = mkdtempSync(join(project.home, 'test-photos-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Output {
  text?: string | string[];
  data?: Record<string, string | string[]>;
}

/** Makes the photos of those that ship: each in some size, turned a little, in one of the formats. */
async function makePhotos(): Promise<string[]> {
  const random = Random.fromSeed(0);
  const source = join(packageRoot, 'data', 'photos');
  const originals = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\w\/\w/.test(name),
  );
  const made: string[] = [];
  for (let i = 0; i < COUNT; i++) {
    const original = originals[i % originals.length];
    const { dir, name } = parse(original);
    const format = FORMATS[random.below(FORMATS.length)];
    const file = join('photos', dir, `${name} ${i}.${format}`);
    mkdirSync(join(folder, 'photos', dir), { recursive: true });
    await sharp(join(source, original))
      .rotate(random.uniform(-20, 20), { background: 'white' })
      .resize(20 + random.below(380), 20 + random.below(380), { fit: 'fill' })
      .toFormat(format)
      .toFile(join(folder, file));
    made.push(file);
  }
  return made;
}

/** Ten ways in which files are no pictures, or no whole ones. */
function breakSome(files: readonly string[]): string[] {
  const broken = files.filter((name) => name.endsWith('.jpeg')).slice(0, 10);
  const contents = [
    '',
    ' ',
    'a text',
    '<html><body>404</body></html>',
    '\xff\xd8\xff',
    '\x89PNG\r\n\x1a\n',
    'GIF89a',
  ];
  contents.forEach((content, i) => {
    writeFileSync(join(folder, broken[i]), content, 'latin1');
  });
  for (const [i, length] of [30, 200, 300].entries()) truncateSync(join(folder, broken[7 + i]), length);
  return broken;
}

test('notebook 15 makes a network of 2,000 photos of all sizes and formats, and names the ten that are broken', async () => {
  const broken = breakSome(await makePhotos());
  const source = readFileSync(join(packageRoot, 'notebooks', '15_your_own_classes.ipynb'), 'utf8')
    .replaceAll("'../lib'", "'../../lib'")
    .replace(/const folder = `[^`]*`;/, `const folder = '${join(folder, 'photos')}';`);
  const notebook = join(folder, 'mine.ipynb');
  writeFileSync(notebook, source);
  process.env.PROFILE = 'smoke';
  const executed = join(folder, 'executed.ipynb');
  assert.ok(await runNotebook(project, notebook, executed));
  const { cells } = JSON.parse(readFileSync(executed, 'utf8'));
  const said: string = cells
    .flatMap(({ outputs = [] }: { outputs?: Output[] }) => outputs)
    .map(({ text, data }: Output) => [text ?? data?.['text/plain'] ?? ''].flat().join(''))
    .join('\n');
  assert.match(said, /10 files are left out/);
  assert.ok(
    broken.some((file) => said.includes(parse(file).base)),
    said.slice(0, 2000),
  );
  const counts = [...said.matchAll(/^(train|test): (\d+) bird, (\d+) flower, (\d+) fruit, (\d+) mammal$/gm)];
  const total = counts
    .flatMap(([, , ...numbers]) => numbers)
    .reduce((sum, number) => sum + Number(number), 0);
  assert.equal(total, COUNT - 10);
  // The same photos many times over are learned at once.
  const accuracy = Number(/(\d+) % of \d+ test photos right/.exec(said)?.[1]);
  assert.ok(accuracy > 60, `${accuracy} %`);
});
