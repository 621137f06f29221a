/**
 * Boxes, arrows and words on a sheet: what the diagrams of blocks and networks are drawn with.
 * All places are in CSS pixels from the sheet's upper left corner.
 */
import type { Figure } from './figure';
import { COLORS, themed } from './theme';

/** A thing on the sheet: a Plotly shape or a Plotly annotation. */
export interface Mark {
  shape?: object;
  annotation?: object;
}

/** A place on the sheet. */
export interface Point {
  x: number;
  y: number;
}

/** How a line is drawn. */
export interface LineStyle {
  color?: string;
  dash?: 'solid' | 'dash';
}

const FONT_SIZE = 13;
// An arrow's head; its drawn corner reaches beyond its tip by the miter.
const HEAD = { length: 8, halfWidth: 4, miter: 2 };

/** A box around a center, with a word in it. */
export function box(
  center: Point,
  width: number,
  height: number,
  text: string,
  style: { fill: string; line: string },
): Mark[] {
  const [left, top] = [center.x - width / 2, center.y - height / 2];
  return [
    outline(roundedRectangle(left, top, width, height, Math.min(8, height / 2)), style),
    label(center, text),
  ];
}

/** A disc around a center, with a sign in it. */
export function disc(
  center: Point,
  radius: number,
  text: string,
  style: { fill: string; line: string },
): Mark[] {
  const { x, y } = center;
  const circle = { type: 'circle', x0: x - radius, x1: x + radius, y0: y - radius, y1: y + radius };
  return [
    { shape: { ...circle, fillcolor: style.fill, line: { color: style.line, width: 1.5 } } },
    label(center, text),
  ];
}

/** Words around a point, centred unless said otherwise; `<b>` and `<br>` are understood. */
export function label(
  at: Point,
  text: string,
  style: { color?: string; size?: number; align?: 'left' | 'center' | 'right' } = {},
): Mark {
  const { color = COLORS.ink, size = FONT_SIZE, align = 'center' } = style;
  const annotation = { ...at, text, showarrow: false, xanchor: align, align, borderpad: 0 };
  return { annotation: { ...annotation, font: { color, size } } };
}

/** A closed outline, filled. */
export function outline(path: string, style: { fill: string; line: string }): Mark {
  return {
    shape: {
      type: 'path',
      path,
      fillcolor: style.fill,
      line: { color: style.line, width: 1.5 },
      layer: 'above',
    },
  };
}

/** A line along a path without a head. */
export function line(path: string, { color = COLORS.ink, dash = 'solid' }: LineStyle = {}): Mark {
  return { shape: { type: 'path', path, line: { color, width: 2, dash }, layer: 'below' } };
}

/** A straight arrow whose tip touches `to`. */
export function arrow(from: Point, to: Point, { color = COLORS.ink }: LineStyle = {}): Mark[] {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const [alongX, alongY] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const tip = { x: to.x - HEAD.miter * alongX, y: to.y - HEAD.miter * alongY };
  const back = { x: tip.x - HEAD.length * alongX, y: tip.y - HEAD.length * alongY };
  const [acrossX, acrossY] = [-alongY * HEAD.halfWidth, alongX * HEAD.halfWidth];
  const head = `M${tip.x},${tip.y} L${back.x + acrossX},${back.y + acrossY} L${back.x - acrossX},${back.y - acrossY} Z`;
  return [
    line(`M${from.x},${from.y} L${back.x},${back.y}`, { color }),
    outline(head, { fill: color, line: color }),
  ];
}

/** The path of a rectangle with round corners. */
function roundedRectangle(left: number, top: number, width: number, height: number, radius: number): string {
  const [right, bottom] = [left + width, top + height];
  return (
    `M${left + radius},${top} L${right - radius},${top} Q${right},${top} ${right},${top + radius} ` +
    `L${right},${bottom - radius} Q${right},${bottom} ${right - radius},${bottom} ` +
    `L${left + radius},${bottom} Q${left},${bottom} ${left},${bottom - radius} ` +
    `L${left},${top + radius} Q${left},${top} ${left + radius},${top} Z`
  );
}

/** The sheet with everything on it, as a figure. */
export function sheet(width: number, height: number, title: string, marks: Mark[]): Figure {
  return themed([], {
    width,
    height,
    margin: { l: 0, r: 0, t: 0, b: 0 },
    title: {
      text: title,
      x: 24 / width,
      xref: 'container',
      y: 1 - 28 / height,
      yref: 'container',
      yanchor: 'middle',
    },
    xaxis: { visible: false, range: [0, width], fixedrange: true },
    yaxis: { visible: false, range: [height, 0], fixedrange: true },
    shapes: marks.flatMap(({ shape }) => shape ?? []),
    annotations: marks.flatMap(({ annotation }) => annotation ?? []),
  });
}
