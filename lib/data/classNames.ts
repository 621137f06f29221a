/**
 * The ten classes of CIFAR-10, in the order of their labels.
 */

/** Class name of label 0 to 9, as in the data set's own `batches.meta.txt`. */
export const CLASS_NAMES: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];
