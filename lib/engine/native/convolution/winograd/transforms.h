// The transforms along one axis. A tile's are applied to its columns, then to its rows.
//
// With d a tile of the input, g the filter and p_i the points, y = A^T [(G g) * (B^T d)], where
//   row i of G    holds 1, p_i, p_i^2, divided by n_i = product of p_i - p_j over the other finite points,
//   row i of B^T  the coefficients of the product of x - p_j over the other finite points,
//   column i of A^T  1, p_i, p_i^2, ..,
// and the last point is infinity. The filter's gradient is the transpose: dg = G^T sum over tiles of (B^T d) * (A dy).
// To divide in G is free: filters are small, and the gradient's transform comes once, behind the sum. So G is a table,
// and the others are written out.
//
// Included by loops.h, within a namespace that has `Vec`.

// Tiles of 4 results: points 0, a, -a, b, -b, infinity. Whatever a and b are, the costs are the same, 12 operations.
struct Transform {
  static constexpr int kOut = 4, kIn = 6;
  static constexpr double kA = 0.625, kB = 1.5;
  static constexpr float a = kA, b = kB, a2 = kA * kA, b2 = kB * kB, a3 = kA * kA * kA, b3 = kB * kB * kB;
  static constexpr float sum = kA * kA + kB * kB, product = kA * kA * kB * kB;
  // 1 / n_i
  static constexpr double k0 = 1 / (kA * kA * kB * kB);
  static constexpr double kNA = 1 / (2 * kA * kA * (kA * kA - kB * kB));
  static constexpr double kNB = 1 / (2 * kB * kB * (kB * kB - kA * kA));
  static constexpr float kG[6][3] = {{float(k0), 0, 0},
                                     {float(kNA), float(kNA* kA), float(kNA* kA* kA)},
                                     {float(kNA), float(-kNA* kA), float(kNA* kA* kA)},
                                     {float(kNB), float(kNB* kB), float(kNB* kB* kB)},
                                     {float(kNB), float(-kNB* kB), float(kNB* kB* kB)},
                                     {0, 0, 1}};

  INLINE static void Input(const Vec (&d)[6], Vec (&v)[6]) {
    const Vec even_a = d[4] - b2 * d[2], odd_a = d[3] - b2 * d[1];
    const Vec even_b = d[4] - a2 * d[2], odd_b = d[3] - a2 * d[1];
    v[0] = (d[4] - sum * d[2]) + product * d[0];
    v[1] = even_a + a * odd_a;
    v[2] = even_a - a * odd_a;
    v[3] = even_b + b * odd_b;
    v[4] = even_b - b * odd_b;
    v[5] = (d[5] - sum * d[3]) + product * d[1];
  }
  INLINE static void Output(const Vec (&m)[6], Vec (&y)[4]) {
    const Vec even_a = m[1] + m[2], odd_a = m[1] - m[2], even_b = m[3] + m[4], odd_b = m[3] - m[4];
    y[0] = m[0] + even_a + even_b;
    y[1] = a * odd_a + b * odd_b;
    y[2] = a2 * even_a + b2 * even_b;
    y[3] = (m[5] + a3 * odd_a) + b3 * odd_b;
  }
  INLINE static void Gradient(const Vec (&y)[4], Vec (&q)[6]) {
    const Vec even_a = y[0] + a2 * y[2], odd_a = y[1] + a2 * y[3];
    const Vec even_b = y[0] + b2 * y[2], odd_b = y[1] + b2 * y[3];
    q[0] = y[0];
    q[1] = even_a + a * odd_a;
    q[2] = even_a - a * odd_a;
    q[3] = even_b + b * odd_b;
    q[4] = even_b - b * odd_b;
    q[5] = y[3];
  }
};
