/**
 * The table of a network's layers, shapes, parameters and memory, as torchsummary prints it.
 */
import { checkForm } from '../checks';
import type { TensorFlow } from '../engine/runtime/tensorflow';
import { ModelError } from '../errors';
import { showAs } from '../showAs';
import { isPyTorchModule, moduleType } from './moduleType';
import { inputShapeOf, type Module, modulesOf, type Shape } from './walk';

/** One layer or block in a summary. */
export interface SummaryRow {
  /** `Conv2d-1`: its type and its place in the order of computation. */
  name: string;
  /** `[-1, 32, 32, 64]`: height, width, channels; -1 stands for the batch. */
  outputShape: number[];
  /** A block's are counted in its layers. */
  parameters: number;
  /** Those of them that training changes: none where the layer is frozen. */
  trainableParameters: number;
  /** Multiplications with their additions, of one image, in a convolution or linear layer: what papers count as FLOPs. */
  multiplyAdds: number;
}

/** What `summary` tells. Printing it gives the table; sizes are of float32 values, in MB of 2^20 bytes. */
export interface Summary {
  rows: SummaryRow[];
  parameters: number;
  /** Those of them that training changes. */
  trainableParameters: number;
  /** Of one image. */
  multiplyAdds: number;
  inputSize: number;
  /** Activations of one image, forward and backward. */
  forwardBackwardSize: number;
  parametersSize: number;
  totalSize: number;
  toString(): string;
}

const RULE = '-'.repeat(64);

function size(shape: Shape | number[]): number {
  return (shape as number[]).slice(1).reduce((product, length) => product * length, 1);
}

function countOf(weights: readonly { shape: Shape }[]): number {
  return weights.reduce((total, { shape }) => total + (shape as number[]).reduce((a, b) => a * b, 1), 0);
}

/** A layer's weights that are learned, if it isn't frozen; the moving statistics of batch normalization are not. */
function learnedWeights(layer: TensorFlow.layers.Layer): { shape: Shape }[] {
  return (layer as unknown as { _trainableWeights: { shape: Shape }[] })._trainableWeights;
}

function rowsOf(modules: Module[], rows: SummaryRow[] = []): SummaryRow[] {
  for (const module of modules) {
    rowsOf(module.children, rows);
    if (!isPyTorchModule(module)) continue;
    const outputShape = [-1, ...(module.outputShape.slice(1) as number[])];
    const { weights, trainableWeights } = module.layer;
    const isLayer = module.children.length === 0;
    const kernels = isLayer ? weights.filter(({ shape }) => shape.length > 1) : []; // the others are one number a channel
    rows.push({
      name: `${moduleType(module)}-${rows.length + 1}`,
      outputShape,
      parameters: isLayer ? countOf(learnedWeights(module.layer)) : 0,
      trainableParameters: isLayer ? countOf(trainableWeights) : 0,
      // Each weight of a kernel is used once at each place of the output.
      multiplyAdds: countOf(kernels) * size(outputShape.slice(0, -1)),
    });
  }
  return rows;
}

function line(name: string, shape: string, parameters: string): string {
  return `${name.padStart(20)}  ${shape.padStart(25)} ${parameters.padStart(15)}`;
}

function table(summary: Summary): string {
  const count = (value: number) => value.toLocaleString('en-US');
  const megabytes = (value: number) => value.toFixed(2);
  return [
    RULE,
    line('Layer (type)', 'Output Shape', 'Param #'),
    '='.repeat(64),
    ...summary.rows.map((row) => line(row.name, `[${row.outputShape.join(', ')}]`, count(row.parameters))),
    '='.repeat(64),
    `Total params: ${count(summary.parameters)}`,
    `Trainable params: ${count(summary.trainableParameters)}`,
    `Non-trainable params: ${count(summary.parameters - summary.trainableParameters)}`,
    RULE,
    `Input size (MB): ${megabytes(summary.inputSize)}`,
    `Forward/backward pass size (MB): ${megabytes(summary.forwardBackwardSize)}`,
    `Params size (MB): ${megabytes(summary.parametersSize)}`,
    `Estimated Total Size (MB): ${megabytes(summary.totalSize)}`,
    RULE,
  ].join('\n');
}

function checkedShape(net: TensorFlow.LayersModel, inputShape?: readonly number[]): Shape {
  const own = inputShapeOf(net);
  if (inputShape)
    checkForm(
      'inputShape',
      inputShape,
      'numbers',
      'Give height, width and channels: [32, 32, 3].',
      ModelError,
    );
  const shape = inputShape ? [null, ...inputShape] : own;
  const fits =
    shape.length === own.length && own.every((length, i) => length === null || length === shape[i]);
  if (!fits) {
    throw new ModelError(
      `${net.name} takes inputs of [${own.slice(1)}], not of [${inputShape}].`,
      'Give the shape as [height, width, channels].',
    );
  }
  if (shape.slice(1).includes(null)) {
    throw new ModelError(
      `${net.name} takes images of any size, so its table depends on one.`,
      'Give it: summary(net, [32, 32, 64]), as [height, width, channels].',
    );
  }
  return shape;
}

/**
 * Tells a network's layers in the order in which they compute, with their output shapes and numbers of parameters.
 *
 * The moving statistics of batch normalization are no parameters here, as in PyTorch; sums and the ReLUs after
 * them have no row, as the article's table has none. `console.log(summary(net))` prints the table.
 *
 * @param inputShape `[height, width, channels]`; by default the network's own
 * @throws ModelError for a shape that the network doesn't take, or none where it takes any size; for a network without layers or with
 *   several inputs
 */
export function summary(net: TensorFlow.LayersModel, inputShape?: readonly number[]): Summary {
  const shape = checkedShape(net, inputShape);
  const rows = rowsOf(modulesOf(net, shape));
  const sum = (of: (row: SummaryRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  const parameters = sum((row) => row.parameters);
  const megabytes = (values: number) => (values * 4) / 2 ** 20;
  const inputSize = megabytes(size(shape));
  const forwardBackwardSize = megabytes(2 * sum((row) => size(row.outputShape)));
  const parametersSize = megabytes(parameters);
  const result: Summary = {
    rows,
    parameters,
    trainableParameters: sum((row) => row.trainableParameters),
    multiplyAdds: sum((row) => row.multiplyAdds),
    inputSize,
    forwardBackwardSize,
    parametersSize,
    totalSize: inputSize + forwardBackwardSize + parametersSize,
    toString() {
      return table(this);
    },
  };
  return showAs(result, {
    full: table,
    short: () => `Summary of ${rows.length} layers, ${parameters.toLocaleString('en-US')} parameters`,
  });
}
