/**
 * Random crop, random horizontal flip and normalization of an image, in one pass.
 *
 * The same as torchvision's `RandomCrop(32, padding=4)`, `RandomHorizontalFlip()`, `ToTensor()`,
 * `Normalize(mean, std)`: the image is padded with black *before* it is normalized, so the border that a crop
 * lets in is a normalized black, (0 - mean) / std, and not 0.
 */
import { CHANNELS, IMAGE_SIZE } from './dataset';
import type { Random } from './random';

// Constants of this module: reading an imported one takes time in the loops below.
const SIZE = IMAGE_SIZE;
const ROW_LENGTH = SIZE * CHANNELS;

/** Black pixels around the image from which the crop is taken. */
export const CROP_PADDING = 4;

/** Where an image is cropped, and whether it is mirrored. */
export interface Augmentation {
  /** Row and column of the crop's corner in the padded image, 0 to 8; 4 and 4 leave the image where it is. */
  top: number;
  left: number;
  /** Mirrored left to right, after the crop. */
  flip: boolean;
}

/** The augmentation that leaves an image as it is. */
export const UNCHANGED: Augmentation = { top: CROP_PADDING, left: CROP_PADDING, flip: false };

/** Draws an augmentation: each of the 9×9 corners equally likely, and mirrored every second time. */
export function randomAugmentation(random: Random): Augmentation {
  const corners = 2 * CROP_PADDING + 1;
  return { top: random.below(corners), left: random.below(corners), flip: random.below(2) === 1 };
}

/**
 * Crops, mirrors and normalizes one image into `target`, from index `at` on.
 *
 * @param image // [32, 32, 3]
 * @param table of `normalizationTable`. // [3, 256]
 * @param target // [..., 32, 32, 3]
 */
export function augmentInto(
  image: Uint8Array,
  { top, left, flip }: Augmentation,
  table: Float32Array,
  target: Float32Array,
  at: number,
): void {
  // Column x of the crop is column x + shift of the image; it is written from `start` on, `step` numbers
  // further each time.
  const shift = left - CROP_PADDING;
  const step = flip ? -3 : 3;
  const start = flip ? ROW_LENGTH - 3 : 0;
  const red = table[0];
  const green = table[256];
  const blue = table[512];

  for (let y = 0; y < SIZE; y++) {
    const row = y + top - CROP_PADDING;
    const inside = row >= 0 && row < SIZE;
    const first = inside ? Math.max(0, -shift) : SIZE;
    const end = inside ? Math.min(SIZE, SIZE - shift) : SIZE;
    let to = at + y * ROW_LENGTH + start;
    let x = 0;
    for (; x < first; x++, to += step) {
      target[to] = red;
      target[to + 1] = green;
      target[to + 2] = blue;
    }
    for (let from = row * ROW_LENGTH + (x + shift) * 3; x < end; x++, from += 3, to += step) {
      target[to] = table[image[from]];
      target[to + 1] = table[256 + image[from + 1]];
      target[to + 2] = table[512 + image[from + 2]];
    }
    for (; x < SIZE; x++, to += step) {
      target[to] = red;
      target[to + 1] = green;
      target[to + 2] = blue;
    }
  }
}
