/**
 * A whole ResNet as an image: how the image becomes smaller and gains channels from stage to stage.
 */
import { checkChoice, checkForm, type Form } from '../checks';
import { ConfigError } from '../errors';
import type { BlockKind } from './blockDiagram';
import { arrow, label, type Mark, outline, sheet } from './diagram';
import type { Figure } from './figure';
import { COLORS } from './theme';

/** The make of a network, in the terms of `resNet`. */
export interface NetworkDiagramOptions {
  /** Heading, for example `ResNet-34`. */
  name: string;
  block: BlockKind;
  /** Blocks in each stage, for example `[3, 4, 6, 3]`. */
  numBlocks: readonly number[];
  /** Channels of the first stage. Default 64. */
  width?: number;
  /** Default 10. */
  numClasses?: number;
}

interface Stage {
  name: string;
  /** Height and width of what comes out. */
  size: number;
  channels: number;
  /** What is done to get here, line by line. */
  steps: string[];
  fill: string;
  line: string;
}

const IMAGE_SIZE = 32;
const PITCH = 108; // CSS pixels from one stage to the next
const MARGIN = 64;
const MIDDLE = 132;
const LABELS = 212;
const HEIGHT = 300;

/**
 * Draws the stages of a CIFAR-10 ResNet from left to right, each as a slab: as tall as its height and width, as thick
 * as it has channels. Source: He et al., "Deep Residual Learning for Image Recognition", and the article's section 4.
 *
 * @throws ConfigError when there is no stage, or a number isn't a whole one from 1.
 */
export function networkDiagram(options: NetworkDiagramOptions): Figure {
  const form: Form = { name: 'string', block: 'string', numBlocks: 'numbers' };
  const fix = "Give for example { name: 'ResNet-18', block: 'basic', numBlocks: [2, 2, 2, 2] }.";
  const { name, block, numBlocks, width = 64, numClasses = 10 } = checkForm('options', options, form, fix);
  checkChoice('block', block, ['basic', 'bottleneck']);
  if (
    numBlocks.length === 0 ||
    ![...numBlocks, width, numClasses].every((n) => Number.isInteger(n) && n >= 1)
  ) {
    throw new ConfigError(
      'A network needs a stage or more, of whole numbers of blocks, channels and classes from 1.',
      'Give numBlocks as in resNet, for example [2, 2, 2, 2].',
    );
  }
  const stages = stagesOf(block, numBlocks, width, numClasses);
  const x = (index: number) => MARGIN + index * PITCH;
  const marks = stages.flatMap((stage, index) => [
    ...slab(x(index), stage),
    label({ x: x(index), y: LABELS }, `<b>${stage.name}</b>`),
    label(
      { x: x(index), y: LABELS + 20 },
      stage.size > 0 ? `${stage.size}×${stage.size}×${stage.channels}` : `${stage.channels}`,
    ),
    ...stage.steps.map((step, row) =>
      label({ x: x(index), y: LABELS + 41 + 17 * row }, step, { size: 11, color: COLORS.grey }),
    ),
    ...(index > 0 ? arrow({ x: x(index) - PITCH + 40, y: MIDDLE }, { x: x(index) - 36, y: MIDDLE }) : []),
  ]);
  return sheet(x(stages.length - 1) + MARGIN, HEIGHT, name, marks);
}

function stagesOf(
  block: BlockKind,
  numBlocks: readonly number[],
  width: number,
  numClasses: number,
): Stage[] {
  const expansion = block === 'basic' ? 1 : 4;
  const residual = { fill: '#D3E6F3', line: COLORS.blue };
  const plain = { fill: COLORS.pale, line: COLORS.grey };
  const stages: Stage[] = [
    { name: 'image', size: IMAGE_SIZE, channels: 3, steps: [], ...plain },
    { name: 'features', size: IMAGE_SIZE, channels: width, steps: ['3×3 conv'], ...plain },
  ];
  for (const [index, count] of numBlocks.entries()) {
    const steps = [`${count} × ${block}`, index === 0 ? 'stride 1' : 'stride 2'];
    const size = Math.ceil(IMAGE_SIZE / 2 ** index);
    stages.push({
      name: `layer${index + 1}`,
      size,
      channels: width * 2 ** index * expansion,
      steps,
      ...residual,
    });
  }
  const { size, channels } = stages[stages.length - 1];
  stages.push({ name: 'avgPool', size: 1, channels, steps: [`mean of ${size}×${size}`], ...plain });
  stages.push({ name: 'classifier', size: 0, channels: numClasses, steps: ['linear'], ...plain });
  return stages;
}

/** A slab around x: its front as thick as the channels, its side as large as height and width. */
function slab(x: number, { size, channels, fill, line }: Stage): Mark[] {
  const height = Math.max(10, 3 * size);
  const thickness = Math.max(4, 1.1 * Math.sqrt(channels));
  const [slantX, slantY] = [0.36 * height, 0.3 * height];
  const left = x - (thickness + slantX) / 2;
  const right = left + thickness;
  const top = MIDDLE - (height - slantY) / 2;
  const bottom = top + height;
  return [
    `M${left},${top} L${right},${top} L${right},${bottom} L${left},${bottom} Z`,
    `M${left},${top} L${left + slantX},${top - slantY} L${right + slantX},${top - slantY} L${right},${top} Z`,
    `M${right},${top} L${right + slantX},${top - slantY} L${right + slantX},${bottom - slantY} L${right},${bottom} Z`,
  ].map((path) => outline(path, { fill, line }));
}
