/** Harm that is done to files at random: to their bytes, and to what their JSON says. */
import * as fc from 'fast-check';

/** What an arbitrary gives. */
type Of<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never;

/** Bytes written over, each at a share of the file's length, and where the file is cut off. */
export const damage = fc.record({
  bytes: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(255)), { maxLength: 8 }),
  end: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
});

export function damaged(file: Uint8Array, { bytes, end }: Of<typeof damage>): Buffer {
  const copy = Buffer.from(file);
  for (const [at, byte] of bytes) copy[Math.floor(at * (file.length - 1))] = byte;
  return copy.subarray(0, Math.ceil(end * file.length));
}

/** A place in a JSON text, by steps from its root, and what is there instead. */
export const change = fc.tuple(fc.array(fc.nat(), { minLength: 1, maxLength: 9 }), fc.jsonValue());

export function changed(text: string, [steps, value]: Of<typeof change>): string {
  const root = { json: JSON.parse(text) };
  let [parent, key]: [Record<string, unknown>, string] = [root, 'json'];
  for (const step of steps) {
    const child = parent[key];
    const keys = Object.keys(Object(typeof child === 'string' ? undefined : child));
    if (keys.length === 0) break;
    [parent, key] = [child as Record<string, unknown>, keys[step % keys.length]];
  }
  parent[key] = value;
  return JSON.stringify(root.json);
}
