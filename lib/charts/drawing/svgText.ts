/**
 * How wide and high SVG text is. A browser would tell Plotly; jsdom lays nothing out, so here the shipped font is
 * measured and the boxes are built up from it. Plotly writes text as `<text>`, lines as `<tspan class="line">`.
 */
import { createCanvas, GlobalFonts, type SKRSContext2D } from '@napi-rs/canvas';
import { FONT_FAMILY, FONT_FILES } from './fonts';

/** A box in the units of its element's own coordinate system, y downwards. */
export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

// DejaVu Sans: how far a line reaches above and below its baseline, in font sizes.
const ASCENT = 0.928;
const DESCENT = 0.236;
const DEFAULT_FONT_SIZE = 12;

let context: SKRSContext2D | undefined;

function measurer(): SKRSContext2D {
  if (!context) {
    for (const file of FONT_FILES) GlobalFonts.registerFromPath(file, FONT_FAMILY);
    context = createCanvas(1, 1).getContext('2d');
  }
  return context;
}

/** The value of a style property on the element or on the nearest ancestor that sets it. */
function inherited(element: Element | null, property: string): string {
  for (let at = element; at; at = at.parentElement) {
    const value = (at as SVGElement).style?.getPropertyValue(property);
    if (value) return value;
  }
  return '';
}

function fontSize(element: Element | null): number {
  const value = inherited(element, 'font-size');
  if (value.endsWith('%')) return (Number.parseFloat(value) / 100) * fontSize(element!.parentElement);
  return Number.parseFloat(value) || DEFAULT_FONT_SIZE;
}

function runWidth(text: string, element: Element): number {
  const ctx = measurer();
  ctx.font = `${inherited(element, 'font-weight') || 'normal'} ${fontSize(element)}px "${FONT_FAMILY}"`;
  return ctx.measureText(text).width;
}

/** The width of all text in an element, in CSS pixels, as `getComputedTextLength` tells it. */
export function textWidth(element: Element): number {
  let width = 0;
  for (const child of element.childNodes) {
    if (child.nodeType === child.TEXT_NODE) width += runWidth(child.textContent ?? '', element);
    else width += textWidth(child as Element);
  }
  return width;
}

function textBox(text: Element): Box {
  const found = [...text.querySelectorAll('tspan.line')];
  const lines = found.length > 0 ? found : [text];
  const size = fontSize(text);
  const width = Math.max(...lines.map(textWidth));
  const number = (name: string) => Number.parseFloat(text.getAttribute(name) ?? '') || 0;
  const anchor = text.getAttribute('text-anchor') || inherited(text, 'text-anchor');
  const start = anchor === 'middle' ? width / 2 : anchor === 'end' ? width : 0;
  const lastLine = Number.parseFloat(lines[lines.length - 1].getAttribute('dy') ?? '') || 0; // em
  return {
    x: number('x') - start,
    y: number('y') - ASCENT * size,
    width,
    height: (ASCENT + lastLine + DESCENT) * size,
  };
}

function union(boxes: Box[]): Box {
  const filled = boxes.filter((box) => box.width > 0 || box.height > 0);
  if (filled.length === 0) return { x: 0, y: 0, width: 0, height: 0 };
  const x = Math.min(...filled.map((box) => box.x));
  const y = Math.min(...filled.map((box) => box.y));
  const right = Math.max(...filled.map((box) => box.x + box.width));
  const bottom = Math.max(...filled.map((box) => box.y + box.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** The box around a box after the `translate` and `rotate` of a transform, the two that Plotly puts on text. */
function transformed(box: Box, transform: string | null): Box {
  let at = box;
  for (const [, name, values] of [
    ...(transform ?? '').matchAll(/(translate|rotate)\(([^)]*)\)/g),
  ].reverse()) {
    const [first = 0, second = 0, third = 0] = values.split(/[\s,]+/).map(Number);
    if (name === 'translate') at = { ...at, x: at.x + first, y: at.y + second };
    else at = rotated(at, (first * Math.PI) / 180, second, third);
  }
  return at;
}

function rotated({ x, y, width, height }: Box, angle: number, aboutX: number, aboutY: number): Box {
  const corners = [0, width].flatMap((dx) => [0, height].map((dy) => [x + dx - aboutX, y + dy - aboutY]));
  const xs = corners.map(([cx, cy]) => aboutX + cx * Math.cos(angle) - cy * Math.sin(angle));
  const ys = corners.map(([cx, cy]) => aboutY + cx * Math.sin(angle) + cy * Math.cos(angle));
  const left = Math.min(...xs);
  const top = Math.min(...ys);
  return { x: left, y: top, width: Math.max(...xs) - left, height: Math.max(...ys) - top };
}

/** The box of an SVG element as `getBBox` tells it: text, rectangles and images, and groups of them. */
export function svgBox(element: Element): Box {
  const number = (name: string) => Number.parseFloat(element.getAttribute(name) ?? '') || 0;
  switch (element.tagName) {
    case 'text':
      return textBox(element);
    case 'rect':
    case 'image':
      return { x: number('x'), y: number('y'), width: number('width'), height: number('height') };
    default:
      return union(
        [...element.children].map((child) => transformed(svgBox(child), child.getAttribute('transform'))),
      );
  }
}
