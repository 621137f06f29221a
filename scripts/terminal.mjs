/**
 * Lines that tell what goes on. In a terminal the last line moves while something is waited for; in a pipe
 * there is a line at the start, one every half minute, and one at the end.
 */

const BEAT_IN_TERMINAL = 200; // ms
const BEAT_IN_PIPE = 30_000; // ms

/** One piece of work, told on one line. */
export class Task {
  #name;
  #detail = '';
  #began = Date.now();
  #out;
  #beat;

  /**
   * @param {string} name
   * @param {string} detail what a person reads while it runs
   * @param {NodeJS.WriteStream} [out] where the line is written
   */
  constructor(name, detail, out = process.stdout) {
    this.#name = name;
    this.#out = out;
    this.#detail = detail;
    const moving = this.#out.isTTY;
    if (!moving) this.#out.write(`${name}: ${detail}\n`);
    this.#beat = setInterval(() => this.#draw(), moving ? BEAT_IN_TERMINAL : BEAT_IN_PIPE);
    this.#beat.unref();
  }

  /** Seconds since it began. */
  get seconds() {
    return (Date.now() - this.#began) / 1000;
  }

  /**
   * Says how far it is.
   *
   * @param {string} detail
   */
  update(detail) {
    this.#detail = detail;
  }

  /**
   * Ends the line for good.
   *
   * @param {string} outcome
   */
  end(outcome) {
    clearInterval(this.#beat);
    const line = `${this.#name}: ${outcome} (${formatSeconds(this.seconds)})`;
    this.#out.write(this.#out.isTTY ? `\r\x1b[2K${line}\n` : `${line}\n`);
  }

  #draw() {
    const head = `${this.#name} (${formatSeconds(Math.floor(this.seconds))}): `;
    if (!this.#out.isTTY) this.#out.write(`${head}${this.#detail}\n`);
    else this.#out.write(`\r\x1b[2K${(head + this.#detail).slice(0, this.#out.columns - 1)}`);
  }
}

/**
 * A duration as a person says it: `0.8 s`, `42 s`, `3 min 20 s`.
 *
 * @param {number} seconds
 */
export function formatSeconds(seconds) {
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/**
 * A bar and a percentage.
 *
 * @param {number} fraction 0 to 1
 */
export function bar(fraction) {
  const width = 30;
  const filled = Math.round(width * Math.min(1, fraction));
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${Math.floor(100 * fraction)} %`;
}
