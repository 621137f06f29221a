/**
 * PyTorch's words for the layers of a network, in which the article prints its tables.
 */
import type { Module } from './walk';

const TYPES: Readonly<Record<string, string>> = {
  Conv2D: 'Conv2d',
  BatchNormalization: 'BatchNorm2d',
  AveragePooling2D: 'AvgPool2d',
  MaxPooling2D: 'MaxPool2d',
  Dense: 'Linear',
  Dropout: 'Dropout',
};

// What PyTorch writes as a function inside `forward`, or as a parameter of the next layer.
const FUNCTIONS = new Set(['ZeroPadding2D', 'Add', 'Flatten']);

/** `Conv2d`, `BatchNorm2d`, `ReLU`, `BasicBlock`, …; TensorFlow.js's own name for a layer that the articles don't use. */
export function moduleType(module: Module): string {
  const { layer, children } = module;
  const className = layer.getClassName();
  if (children.length > 0) {
    if (children.some((child) => child.layer.getClassName() === 'MaxPooling2D')) return 'PooledBlock';
    const convolutions = children.filter(({ name }) => /\.conv\d+$/.test(name)).length;
    return { 2: 'BasicBlock', 3: 'Bottleneck' }[convolutions] ?? className;
  }
  if (className === 'Activation') return layer.getConfig().activation === 'relu' ? 'ReLU' : className;
  return TYPES[className] ?? className;
}

/** Whether PyTorch has a module of its own for it: not for a sum, the ReLU after a sum, padding, leaving out pixels and flattening. */
export function isPyTorchModule({ layer, inputs }: Module): boolean {
  const isSlice = layer.getClassName() === 'AveragePooling2D' && String(layer.getConfig().poolSize) === '1,1';
  const afterSum = layer.getClassName() === 'Activation' && inputs[0].getClassName() === 'Add';
  return !afterSum && !isSlice && !FUNCTIONS.has(layer.getClassName());
}
