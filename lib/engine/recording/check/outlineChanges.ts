/**
 * What has changed from one outline of a function to another, in words.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Value } from '../../runtime/session';
import { callerLine } from '../callerLine';
import { type Operation, OUTPUT, type Outline, type Source } from './outline';

/** A constant's numbers where they are few, else its shape. */
function constantText({ shape, data }: Value): string {
  const numbers = Array.from(data as Float32Array | BigInt64Array, Number);
  if (numbers.length > 8) return `a tensor of [${shape}]`;
  const text = numbers.map((number) => Number(number.toPrecision(7))).join(', ');
  return shape.length === 0 ? text : `[${text}]`;
}

function sourceText(source: Source | undefined): string {
  switch (source?.kind) {
    case 'input':
      return `input ${source.index}`;
    case 'variable':
      return `the variable ${source.name}`;
    case 'constant':
      return constantText(source.value);
    case 'operation':
      return 'a computed tensor';
    case undefined:
      return 'nothing';
  }
}

function place({ stack }: Operation): string {
  return stack ? ` (${callerLine(stack)})` : '';
}

/** What differs between an operation then and now. */
function differences(was: Operation, is: Operation): string[] {
  const attributes = is.attributes.flatMap((attribute, i) => {
    const before = was.attributes[i];
    if (isDeepStrictEqual(before, attribute)) return [];
    return [`${attribute.name} of ${is.op} is ${attribute.value} instead of ${before?.value}${place(is)}`];
  });
  const count = Math.max(was.sources.length, is.sources.length);
  const sources = Array.from({ length: count }, (_, i) => [was.sources[i], is.sources[i]]).flatMap(
    ([before, now]) => {
      if (isDeepStrictEqual(before, now)) return [];
      const [then, text] = [sourceText(before), sourceText(now)];
      return [`${is.op} takes ${text === then ? 'other values' : `${text} instead of ${then}`}${place(is)}`];
    },
  );
  const order = isDeepStrictEqual(was.after, is.after)
    ? []
    : [`${is.op} runs after other operations${place(is)}`];
  return [...attributes, ...sources, ...order];
}

/** Where an operation stands in an outline: before the assignments, which stand before the output. */
function rank({ op, stack }: Operation): number {
  if (stack) return 0;
  return op === OUTPUT ? 2 : 1;
}

/** The first operation that came, went, or took another's place. */
function replacement(was: Operation, is: Operation): string {
  if (rank(was) < rank(is)) return `${was.op} is gone${place(was)}`;
  if (rank(was) > rank(is)) return `${is.op} is new${place(is)}`;
  return `${is.op}${place(is)} stands in the place of ${was.op}${place(was)}`;
}

/**
 * Compares two outlines of one function.
 *
 * @returns what changed, each change told once; none where both compute the same
 */
export function outlineChanges(before: Outline, now: Outline): string[] {
  const changes = new Set<string>();
  // Both end with their output, so the shorter one doesn't end before a difference.
  for (const [i, is] of now.entries()) {
    const was = before[i];
    if (was.op !== is.op) {
      // What follows no longer stands beside what it was.
      changes.add(replacement(was, is));
      break;
    }
    for (const difference of differences(was, is)) changes.add(difference);
  }
  return [...changes];
}
