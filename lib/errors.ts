/**
 * Every error this library throws on purpose: a sentence that says what was wrong and one that says what to do.
 * Catch the class of the room you called, or `ResNetError` for all of them.
 */
export class ResNetError extends Error {
  /** What to do about it, in one sentence. */
  readonly fix: string;

  constructor(problem: string, fix: string, options?: { cause?: unknown }) {
    super(`${problem}\n${fix}`, options);
    this.name = new.target.name;
    this.fix = fix;
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
export class EngineError extends ResNetError {}

/** The data set can't be had, isn't what it should be, or doesn't fit what it is used for. */
export class DataError extends ResNetError {}

/** A network, a model file or the pair of a network and its input doesn't fit. */
export class ModelError extends ResNetError {}

/** A setting is out of its range: a batch size of 0, a learning rate of NaN. */
export class ConfigError extends ResNetError {}

/** A picture can't be read or fetched. */
export class ImageError extends ResNetError {}
