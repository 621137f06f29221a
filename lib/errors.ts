/** The most characters of a message. */
const LONGEST_MESSAGE = 600;
/** The most characters of the sentence that says what to do. */
const LONGEST_FIX = 350;
/** The most characters of an address, a path or a name in a message. */
const LONGEST_NAME = 100;

/** Leaves out the middle of a text that is too long: its beginning says what it is, its end often what is wrong with it. */
function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = Math.ceil((most - 1) / 2);
  const tail = most - 1 - head;
  // A character of two code units isn't cut into halves.
  return `${text.slice(0, head).replace(/[\ud800-\udbff]$/, '')}…${text.slice(-tail).replace(/^[\udc00-\udfff]/, '')}`;
}

/**
 * Text from outside, such as an address, a path or a class name, as a message may repeat it: at most 100 characters, on one line, and
 * without the user name and password of an address.
 */
export function quotable(text: unknown): string {
  return shortened(withoutLogin(asText(text)), LONGEST_NAME).replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
    /[\x00-\x1f\x7f-\x9f]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

/** As text, whatever it is: some objects refuse to become one. */
function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}

function withoutLogin(text: string): string {
  return text.replace(/:\/\/[^\s/?#]*@/g, '://');
}

/** A sentence as a message takes it, whatever names its writer put into it. */
function sentence(text: string, most: number): string {
  const printable = withoutLogin(text).replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
    /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g,
    '\ufffd',
  );
  return shortened(
    printable.replace(/\S{101,}/g, (word) => shortened(word, LONGEST_NAME)),
    most,
  );
}

/**
 * The base class of this library's errors. The message has the problem and, on the next line, the fix: at most 600 characters.
 */
export class ResNetError extends Error {
  /** A name of the kind of error that stays the same from version to version: `ERR_CONFIG`. */
  readonly code: string = 'ERR_RESNET';
  /** What was wrong, in one sentence. */
  readonly problem: string;
  /** What to do about it, in one sentence. */
  readonly fix: string;

  constructor(problem: string, fix: string, options?: { cause?: unknown }) {
    const advice = sentence(fix, LONGEST_FIX);
    const what = sentence(problem, LONGEST_MESSAGE - 1 - advice.length);
    super(`${what}\n${advice}`, options);
    this.name = new.target.name;
    this.problem = what;
    this.fix = advice;
  }

  /** What a notebook's cell and a terminal show: the two sentences, and which line of the caller's it was. `stack` has it all. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    const line = this.stack
      ?.split('\n')
      .find(
        (frame) =>
          /^ +at /.test(frame) &&
          !frame.includes(__dirname) &&
          !/node:|node_modules|<anonymous>\)?$/.test(frame),
      );
    return [`${this.name}: ${this.message}`, ...(line ? [line] : [])].join('\n');
  }
}

/** TensorFlow can't be loaded, or a step asks of it what it can't do. */
export class EngineError extends ResNetError {
  override readonly code: string = 'ERR_ENGINE';
}

/** The data set can't be had, isn't what it should be, or doesn't fit what it is used for. */
export class DataError extends ResNetError {
  override readonly code: string = 'ERR_DATA';
}

/** A worker can't be reached, doesn't fit this program, or was lost while it computed. */
export class WorkerError extends ResNetError {
  override readonly code: string = 'ERR_WORKER';

  /** Which one it is, `host:7001`; undefined where that can't be told. */
  readonly worker?: string;

  constructor(problem: string, fix: string, options: { cause?: unknown; worker?: string } = {}) {
    super(problem, fix, options);
    this.worker = options.worker;
  }
}

/** A network, a model file or the pair of a network and its input doesn't fit. */
export class ModelError extends ResNetError {
  override readonly code: string = 'ERR_MODEL';
}

/** A setting is out of its range: a batch size of 0, a learning rate of NaN. */
export class ConfigError extends ResNetError {
  override readonly code: string = 'ERR_CONFIG';
}

/** An image can't be read or fetched. */
export class ImageError extends ResNetError {
  override readonly code: string = 'ERR_IMAGE';
}

/** A figure isn't one, holds what a chart can't show, or has no still image. */
export class ChartError extends ResNetError {
  override readonly code: string = 'ERR_CHART';
}

/** Work was interrupted before it had a result: by "Interrupt Kernel", Ctrl-C or SIGTERM. */
export class InterruptError extends ResNetError {
  override readonly code: string = 'ERR_INTERRUPTED';

  constructor() {
    super('This was interrupted before it had a result.', 'Run it again.');
  }
}
