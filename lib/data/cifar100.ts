/**
 * CIFAR-100 as two data sets, from the disk.
 */
import { join, resolve } from 'node:path';
import { checkChoice, checkForm } from '../checks';
import { DataError } from '../errors';
import { fileSize } from '../files';
import { CIFAR100_RECORD, readRecords } from './binary';
import type { TrainAndTest } from './dataset';
import { projectDataFolder } from './folders';

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

/** The 100 classes, in the order of their labels. */
export const CIFAR100_CLASS_NAMES: readonly string[] = words(`
  apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly camel can castle
  caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile cup dinosaur dolphin elephant flatfish
  forest fox girl hamster house kangaroo keyboard lamp lawn_mower leopard lion lizard lobster man maple_tree motorcycle
  mountain mouse mushroom oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
  possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake spider squirrel streetcar
  sunflower sweet_pepper table tank telephone television tiger tractor train trout tulip turtle wardrobe whale
  willow_tree wolf woman worm
`);

/** The 20 classes that they are grouped in, in the order of their labels. */
export const CIFAR100_COARSE_CLASS_NAMES: readonly string[] = words(`
  aquatic_mammals fish flowers food_containers fruit_and_vegetables household_electrical_devices household_furniture
  insects large_carnivores large_man-made_outdoor_things large_natural_outdoor_scenes large_omnivores_and_herbivores
  medium_mammals non-insect_invertebrates people reptiles small_mammals trees vehicles_1 vehicles_2
`);

const FOLDER = 'cifar-100-binary';
const ARCHIVE = 'https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz';
/** How many images each file has. */
const FILES = { 'train.bin': 50_000, 'test.bin': 10_000 };

/** Where CIFAR-100 is, and which of its labels to take. */
export interface Cifar100Options {
  /**
   * The folder that has `cifar-100-binary` in it, or that folder itself. Without it, the environment variable CIFAR100_DIR says, and else it is
   * the project's `data`.
   */
  root?: string;
  /** The 100 classes, which is the default, or the 20 that they are grouped in. */
  labels?: 'fine' | 'coarse';
}

/** The folder with the files. */
async function findCifar100(root: string): Promise<string> {
  for (const folder of [root, join(root, FOLDER)]) {
    const faults: string[] = [];
    for (const [name, images] of Object.entries(FILES)) {
      const [size, expected] = [await fileSize(join(folder, name)), images * CIFAR100_RECORD.length];
      if (size !== expected)
        faults.push(`${name} ${size === undefined ? 'is missing' : `has ${size} bytes, not ${expected}`}`);
    }
    if (faults.length === 0) return folder;
    if (faults.length === 1 || !faults[0].endsWith('missing')) {
      throw new DataError(
        `CIFAR-100 in ${folder} isn't whole: ${faults.join(', ')}.`,
        `Unpack ${ARCHIVE} there again.`,
      );
    }
  }
  throw new DataError(
    `CIFAR-100 isn't in ${root}: looked for train.bin and test.bin there and in ${FOLDER}/ under it.`,
    `Unpack ${ARCHIVE} there, the binary version, or name the folder that has it: { root }, or CIFAR100_DIR.`,
  );
}

/**
 * Loads CIFAR-100 into memory (184 MB) from the disk: 500 images for training and 100 for testing of each of its 100 classes, 32×32 in color.
 * Normalize them by CIFAR100_NORMALIZATION.
 *
 * Source: A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
 *
 * @throws DataError when the folder doesn't have it, or a file isn't whole
 */
export async function loadCifar100(options: Cifar100Options = {}): Promise<TrainAndTest> {
  const { root, labels = 'fine' } = checkForm(
    'options',
    options,
    {},
    "Give for example { labels: 'coarse' }.",
  );
  checkChoice('labels', labels, ['fine', 'coarse']);
  const folder = await findCifar100(resolve(root ?? (process.env.CIFAR100_DIR || projectDataFolder())));
  const classNames = labels === 'fine' ? CIFAR100_CLASS_NAMES : CIFAR100_COARSE_CLASS_NAMES;
  const record = { ...CIFAR100_RECORD, label: labels === 'fine' ? 1 : 0 };
  const [train, test] = await Promise.all(
    Object.keys(FILES).map((name) => readRecords([join(folder, name)], record, classNames)),
  );
  return { train, test };
}
