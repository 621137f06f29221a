/** What many measurements come to. */

/** @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** @param {number[]} values */
export function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/**
 * A median with the least and the most: `0.334 (0.275–0.438)`.
 *
 * @param {number[]} values
 * @param {number} digits
 */
export function spread(values, digits) {
  const [middle, least, most] = [median(values), Math.min(...values), Math.max(...values)];
  return `${middle.toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

/**
 * The slope of the line through points by least squares, with its standard error.
 *
 * @param {number[]} xs
 * @param {number[]} ys
 */
export function slope(xs, ys) {
  const [x, y] = [mean(xs), mean(ys)];
  const spreadOfX = xs.reduce((sum, value) => sum + (value - x) ** 2, 0);
  const value = xs.reduce((sum, at, i) => sum + (at - x) * (ys[i] - y), 0) / spreadOfX;
  const residuals = xs.reduce((sum, at, i) => sum + (ys[i] - y - value * (at - x)) ** 2, 0);
  return { value, error: Math.sqrt(residuals / (xs.length - 2) / spreadOfX) };
}
