/**
 * Python's pickles, as far as PyTorch's files of weights need them: containers, numbers, texts, and the names of a few things. A pickle is
 * a program that may name anything of Python's to be called; here nothing is called, and every other name is refused.
 *
 * @see Python's Lib/pickletools.py, which documents the operations
 */
import { ModelError } from '../../errors';

/** What a name of Python's stands for: `torch.FloatStorage`. */
export class Named {
  constructor(readonly name: string) {}
}

/** A call that a pickle asks for, of a name that is allowed; it isn't made. */
export class Call {
  constructor(
    readonly name: string,
    readonly args: readonly unknown[],
  ) {}
}

/** A tensor's memory, which the pickle only refers to. */
export class Persistent {
  constructor(readonly id: unknown) {}
}

const MARK = Symbol('mark');
const STOP = 0x2e;
/** A pickle of weights has a few operations for each; more than that many are something else. */
const MOST_OPERATIONS = 10_000_000;

/** Reads one pickle. */
export class Unpickler {
  private at = 0;
  private readonly stack: unknown[] = [];
  private readonly memo = new Map<number, unknown>();
  private readonly view: DataView;

  /**
   * @param file its name, for messages
   * @param isAllowed tells which names a pickle may use
   */
  constructor(
    private readonly bytes: Uint8Array,
    private readonly file: string,
    private readonly isAllowed: (name: string) => boolean,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @throws ModelError where it is broken, names what isn't allowed, or has operations that files of weights don't need */
  read(): unknown {
    try {
      for (let left = MOST_OPERATIONS; left > 0; left--) {
        const operation = this.take(1)[0];
        if (operation === STOP) return this.pop();
        const run = this.operations[String.fromCharCode(operation)];
        if (!run)
          throw this.broken(
            `its pickle has the operation 0x${operation.toString(16)}, which weights don't need`,
          );
        run();
      }
    } catch (cause) {
      if (cause instanceof ModelError) throw cause;
      throw this.broken((cause as Error).message, cause);
    }
    throw this.broken('it has no end');
  }

  private broken(what: string, cause?: unknown): ModelError {
    return new ModelError(
      `${this.file} is no sound file of PyTorch's: ${what}.`,
      'Save the state dict of a network by torch.save(net.state_dict(), path), or better by safetensors.',
      { cause },
    );
  }

  private take(count: number): Uint8Array {
    if (!(count >= 0 && this.at + count <= this.bytes.length)) throw this.broken('its pickle is cut off');
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  private number(bytes: 1 | 2 | 4 | 8): number {
    this.take(bytes);
    const at = this.at - bytes;
    if (bytes === 1) return this.view.getUint8(at);
    if (bytes === 2) return this.view.getUint16(at, true);
    return bytes === 4 ? this.view.getUint32(at, true) : Number(this.view.getBigUint64(at, true));
  }

  private text(length: number): string {
    return Buffer.from(this.take(length)).toString('utf8');
  }

  private line(): string {
    const end = this.bytes.indexOf(0x0a, this.at);
    if (end < 0) throw this.broken('its pickle is cut off');
    const line = this.text(end - this.at);
    this.at++;
    return line;
  }

  private pop(): unknown {
    if (this.stack.length === 0) throw this.broken('its pickle takes what it never gave');
    return this.stack.pop();
  }

  /** All behind the last mark. */
  private marked(): unknown[] {
    const mark = this.stack.lastIndexOf(MARK);
    if (mark < 0) throw this.broken('its pickle takes what it never gave');
    const items = this.stack.splice(mark);
    return items.slice(1);
  }

  private top(): unknown {
    return this.stack[this.stack.length - 1];
  }

  private named(module: string, name: string): Named {
    const full = `${module}.${name}`;
    if (this.isAllowed(full)) return new Named(full);
    throw new ModelError(
      `${this.file} wants to use Python's ${full.slice(0, 100)}, which a file of weights has no need of. Nothing of it was run.`,
      'Have its author save the state dict alone, torch.save(net.state_dict(), path), or better by safetensors.',
    );
  }

  private call(callee: unknown, args: unknown): unknown {
    if (!(callee instanceof Named) || !Array.isArray(args))
      throw this.broken('its pickle calls what is no function');
    return callee.name === 'collections.OrderedDict' ? new Map() : new Call(callee.name, args);
  }

  private setItems(items: readonly unknown[]): void {
    const map = this.top();
    if (!(map instanceof Map) || items.length % 2 !== 0)
      throw this.broken('its pickle fills what is no dict');
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  }

  private append(items: readonly unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw this.broken('its pickle fills what is no list');
    for (const item of items) list.push(item);
  }

  private recall(index: number): unknown {
    if (!this.memo.has(index)) throw this.broken('its pickle takes what it never gave');
    return this.memo.get(index);
  }

  /** A whole number of so many bytes, lowest first, with a sign. */
  private long(bytes: Uint8Array): number {
    if (bytes.length > 8) throw this.broken('it has a number of more than 64 bits');
    const bits = bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
    return Number(BigInt.asIntN(8 * bytes.length, bits));
  }

  private readonly push = (value: unknown): void => {
    this.stack.push(value);
  };

  private readonly remember = (index: number): void => {
    this.memo.set(index, this.top());
  };

  /** Tuples are lists here. */
  private tuple(count: number): void {
    const items = Array.from({ length: count }, () => this.pop());
    this.push(items.reverse());
  }

  /** What each operation does, by its letter. */
  private readonly operations: Readonly<Record<string, () => void>> = {
    '\x80': () => this.take(1), // PROTO
    '\x95': () => this.take(8), // FRAME
    '(': () => this.push(MARK),
    '}': () => this.push(new Map()),
    ']': () => this.push([]),
    ')': () => this.push([]),
    N: () => this.push(null),
    '\x88': () => this.push(true),
    '\x89': () => this.push(false),
    K: () => this.push(this.number(1)),
    M: () => this.push(this.number(2)),
    J: () => this.push(this.number(4) | 0),
    '\x8a': () => this.push(this.long(this.take(this.number(1)))), // LONG1
    G: () => {
      this.take(8);
      this.push(this.view.getFloat64(this.at - 8)); // BINFLOAT, highest byte first
    },
    X: () => this.push(this.text(this.number(4))), // BINUNICODE
    '\x8c': () => this.push(this.text(this.number(1))), // SHORT_BINUNICODE
    '\x8d': () => this.push(this.text(this.number(8))), // BINUNICODE8
    c: () => this.push(this.named(this.line(), this.line())), // GLOBAL
    '\x93': () => {
      const [name, module] = [this.pop(), this.pop()]; // STACK_GLOBAL
      this.push(this.named(String(module), String(name)));
    },
    t: () => this.push(this.marked()),
    l: () => this.push(this.marked()),
    '\x85': () => this.tuple(1),
    '\x86': () => this.tuple(2),
    '\x87': () => this.tuple(3),
    Q: () => this.push(new Persistent(this.pop())), // BINPERSID
    R: () => {
      const [args, callee] = [this.pop(), this.pop()];
      this.push(this.call(callee, args));
    },
    s: () => {
      const [value, key] = [this.pop(), this.pop()];
      this.setItems([key, value]);
    },
    u: () => this.setItems(this.marked()),
    a: () => this.append([this.pop()]),
    e: () => this.append(this.marked()),
    b: () => this.pop(), // BUILD: attributes of an object, such as a state dict's `_metadata`
    q: () => this.remember(this.number(1)),
    r: () => this.remember(this.number(4)),
    '\x94': () => this.remember(this.memo.size), // MEMOIZE
    h: () => this.push(this.recall(this.number(1))),
    j: () => this.push(this.recall(this.number(4))),
    '0': () => this.pop(),
  };
}
