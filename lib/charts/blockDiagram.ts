/**
 * A residual block as an image: what it computes, and the shortcut around it.
 */
import { checkChoice, checkForm } from '../checks';
import { ConfigError } from '../errors';
import { arrow, box, disc, label, line, type Mark, type Point, sheet } from './diagram';
import type { Figure } from './figure';
import { COLORS } from './theme';

/** The two kinds of residual block. */
export type BlockKind = 'basic' | 'bottleneck';

/** Shapes of a block. */
export interface BlockDiagramOptions {
  inChannels: number;
  /** Channels of the 3×3 convolutions; as many leave a basic block, four times as many a bottleneck. */
  channels: number;
  /** Default 1; 2 halves height and width. */
  stride?: number;
  /** Height and width of the input. Default 32. */
  size?: number;
}

const EXPANSION = { basic: 1, bottleneck: 4 };
const WIDTH = 640;
const MAIN_X = 230;
const SHORTCUT_X = 470;
const TOP = 78;
const STEP = 48; // from one operation's center to the next
const BOX = { width: 200, height: 30 };
const PLUS_RADIUS = 13;

const STYLES = {
  conv: { fill: '#D3E6F3', line: COLORS.blue },
  norm: { fill: COLORS.pale, line: COLORS.grey },
  relu: { fill: '#FCEFCF', line: COLORS.orange },
  tensor: { fill: 'white', line: COLORS.ink },
} as const;

interface Operation {
  text: string;
  style: { fill: string; line: string };
  /** Shape of what comes out, where it changes. */
  shape?: string;
}

/**
 * Draws a residual block from its input down to its output, with the shape after each convolution.
 *
 * The shortcut is a solid line where the block's input is added as it is, and a dashed one with a 1×1 convolution
 * on it where input and output differ in shape. Source: He et al., "Deep Residual Learning for Image Recognition",
 * figures 2, 3 and 5.
 *
 * @throws ConfigError when a number isn't a whole one from 1.
 */
export function blockDiagram(kind: BlockKind, options: BlockDiagramOptions): Figure {
  checkChoice('kind', kind, ['basic', 'bottleneck']);
  const {
    inChannels,
    channels,
    stride = 1,
    size = 32,
  } = checkForm('options', options, {}, 'Give { inChannels: 64, channels: 64 }.');
  if (![inChannels, channels, stride, size].every((n) => Number.isInteger(n) && n >= 1)) {
    throw new ConfigError(
      'Channels, stride and size of a block must be whole numbers from 1.',
      'Correct the one that is not.',
    );
  }
  const outChannels = channels * EXPANSION[kind];
  const outSize = Math.ceil(size / stride);
  const inShape = `${size}×${size}×${inChannels}`;
  const outShape = `${outSize}×${outSize}×${outChannels}`;
  const projection = stride !== 1 || inChannels !== outChannels;
  const operations = OPERATIONS[kind](channels, stride, size, outSize);

  const at = (row: number): Point => ({ x: MAIN_X, y: TOP + row * STEP });
  const plusRow = operations.length + 1;
  const plus = at(plusRow);
  const marks: Mark[] = [
    ...box(at(0), BOX.width, BOX.height, `<b>x</b>   ${inShape}`, STYLES.tensor),
    ...operations.flatMap((operation, index) => [
      ...box(at(index + 1), BOX.width, BOX.height, operation.text, operation.style),
      ...(operation.shape
        ? [
            label({ x: MAIN_X - BOX.width / 2 - 12, y: at(index + 1).y }, operation.shape, {
              align: 'right',
              size: 12,
              color: COLORS.grey,
            }),
          ]
        : []),
    ]),
    ...disc(plus, PLUS_RADIUS, '<b>+</b>', STYLES.tensor),
    ...box(at(plusRow + 1), BOX.width, BOX.height, 'ReLU', STYLES.relu),
    ...box(at(plusRow + 2), BOX.width, BOX.height, outShape, STYLES.tensor),
    label({ x: MAIN_X - PLUS_RADIUS - 14, y: plus.y }, projection ? 'F(x) + W<sub>s</sub>x' : 'F(x) + x', {
      align: 'right',
      size: 14,
    }),
    ...Array.from({ length: plusRow + 2 }).flatMap((_, row) => {
      const reach = (of: number) => (of === plusRow ? PLUS_RADIUS : BOX.height / 2);
      return arrow(
        { x: MAIN_X, y: at(row).y + reach(row) },
        { x: MAIN_X, y: at(row + 1).y - reach(row + 1) },
      );
    }),
    ...shortcut(at(0), plus, projection ? { channels: outChannels, stride } : undefined),
  ];
  const name = kind === 'basic' ? 'Basic block' : 'Bottleneck block';
  return sheet(
    WIDTH,
    at(plusRow + 2).y + BOX.height / 2 + 24,
    `${name}: ${inChannels} → ${outChannels} channels, stride ${stride}`,
    marks,
  );
}

const conv = (kernel: number, channels: number, stride: number, size: number): Operation => ({
  text: `${kernel}×${kernel} conv, ${channels}${stride === 1 ? '' : `, stride ${stride}`}`,
  style: STYLES.conv,
  shape: `${size}×${size}×${channels}`,
});
const norm: Operation = { text: 'batch norm', style: STYLES.norm };
const relu: Operation = { text: 'ReLU', style: STYLES.relu };

const OPERATIONS: Record<
  BlockKind,
  (channels: number, stride: number, size: number, outSize: number) => Operation[]
> = {
  basic: (channels, stride, _, outSize) => [
    conv(3, channels, stride, outSize),
    norm,
    relu,
    conv(3, channels, 1, outSize),
    norm,
  ],
  bottleneck: (channels, stride, size, outSize) => [
    conv(1, channels, 1, size),
    norm,
    relu,
    conv(3, channels, stride, outSize),
    norm,
    relu,
    conv(1, channels * EXPANSION.bottleneck, 1, outSize),
    norm,
  ],
};

/** The way around the block: from below its input, down the right side, into the sum. */
function shortcut(from: Point, to: Point, projection?: { channels: number; stride: number }): Mark[] {
  const startY = from.y;
  const startX = from.x + BOX.width / 2;
  const radius = 24;
  const color = COLORS.vermillion;
  const middle = { x: SHORTCUT_X, y: (startY + to.y) / 2 };
  const path =
    `M${startX},${startY} L${SHORTCUT_X - radius},${startY} Q${SHORTCUT_X},${startY} ${SHORTCUT_X},${startY + radius} ` +
    `L${SHORTCUT_X},${to.y - radius} Q${SHORTCUT_X},${to.y} ${SHORTCUT_X - radius},${to.y} L${to.x + PLUS_RADIUS + 10},${to.y}`;
  return [
    line(path, { color, dash: projection ? 'dash' : 'solid' }),
    ...arrow({ x: to.x + PLUS_RADIUS + 14, y: to.y }, { x: to.x + PLUS_RADIUS, y: to.y }, { color }),
    ...(projection
      ? [
          ...box(
            { x: middle.x, y: middle.y - STEP / 2 },
            BOX.width,
            BOX.height,
            conv(1, projection.channels, projection.stride, 1).text,
            STYLES.conv,
          ),
          ...box({ x: middle.x, y: middle.y + STEP / 2 }, BOX.width, BOX.height, 'batch norm', STYLES.norm),
          label({ x: middle.x + 12, y: middle.y - 1.3 * STEP }, 'projection<br>shortcut', {
            color,
            align: 'left',
          }),
        ]
      : [label({ x: middle.x + 12, y: middle.y }, 'identity<br>shortcut', { color, align: 'left' })]),
  ];
}
