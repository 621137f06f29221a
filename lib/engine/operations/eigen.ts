/**
 * Eigenvalues of small symmetric matrices, and singular values, which TensorFlow.js has no operation for.
 */
import { checkForm } from '../../checks';
import { ConfigError } from '../../errors';
import { type TensorFlow, tf } from '../runtime/tensorflow';

/**
 * The eigenvalues of a symmetric matrix and an eigenvector of each, from the largest on, by Jacobi's rotations.
 *
 * @param matrix rows of numbers // [n, n]
 * @see Golub and Van Loan 2013, "Matrix Computations", section 8.5
 */
export function eigen(matrix: readonly number[][]): { value: number; vector: Float64Array }[] {
  const n = matrix.length;
  const a = matrix.map((row) => Float64Array.from(row));
  const vectors = a.map((_, i) => Float64Array.from({ length: n }, (_, j) => (i === j ? 1 : 0))); // [n, n], in rows
  const offDiagonal = () =>
    a.reduce((sum, row, i) => sum + row.reduce((s, x, j) => s + (j > i ? x * x : 0), 0), 0);
  const scale = a.reduce((sum, row) => sum + row.reduce((s, x) => s + x * x, 0), 0);
  for (let sweep = 0; sweep < 50 && offDiagonal() > 1e-24 * scale; sweep++) {
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        if (a[p][q] === 0) continue;
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
        }
        for (let k = 0; k < n; k++) {
          [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
          [vectors[p][k], vectors[q][k]] = [
            c * vectors[p][k] - s * vectors[q][k],
            s * vectors[p][k] + c * vectors[q][k],
          ];
        }
      }
    }
  }
  return vectors.map((vector, i) => ({ value: a[i][i], vector })).sort((x, y) => y.value - x.value);
}

/** @throws ConfigError for what is no matrix */
export function checkMatrix(matrix: TensorFlow.Tensor2D): void {
  checkForm('matrix', matrix, { shape: ['number'], dataId: {} }, 'Give a tensor of [rows, columns].');
  if (matrix.shape.length === 2 && !matrix.isDisposed) return;
  throw new ConfigError(
    `The matrix is ${matrix.isDisposed ? 'disposed' : `a tensor of [${matrix.shape.join(', ')}]`}.`,
    'Give a tensor of [rows, columns].',
  );
}

/** The product of a matrix with its transpose, the one with as many rows as its shorter side has. */
export function gram(matrix: TensorFlow.Tensor2D): TensorFlow.Tensor2D {
  const [rows, columns] = matrix.shape;
  return rows > columns ? tf.matMul(matrix, matrix, true, false) : tf.matMul(matrix, matrix, false, true);
}

/**
 * The singular values of a matrix, from the largest on: how much it stretches each of the directions that it takes apart. They are roots
 * of eigenvalues in float32, so those below a thousandth of the largest aren't exact.
 *
 * @param matrix `[rows, columns]`
 * @returns as many as its shorter side has
 * @throws ConfigError for what is no matrix
 */
export function singularValues(matrix: TensorFlow.Tensor2D): number[] {
  checkMatrix(matrix);
  const pairs = eigen(tf.tidy(() => gram(matrix).arraySync()));
  return pairs.map(({ value }) => Math.sqrt(Math.max(0, value)));
}
