// What the kernels ask of a processor, one struct for each instruction set. A source file includes this after switching
// its instructions on, and has only its own struct.
//
// A cell is what a lane of a vector multiplies: 32 bits, one float or two bfloat16 whose products are both added to the
// lane's sum. It is passed as a float, whatever it holds.

#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace resnet {
// Each source file has its own, compiled for its instructions: the linker mustn't take one for another.
namespace {

#if defined(RESNET_PORTABLE)
// The compiler's vectors, which it makes of whatever the processor has.
struct Portable {
  static constexpr int kLanes = 8;
  static constexpr int kNumbers = 1;  // in a cell
  // Vectors of four numbers take two registers each, of which arm64 has 32.
  template <int V>
  static constexpr int kPixels = V == 1 ? 12 : 6;
  static constexpr int kWide = 3;
  static constexpr int kThrees = 0;
  static constexpr int kFew = 0;
  template <int V>
  static constexpr int kChannels = V == 1 ? 8 : 6;

  using Vector = float __attribute__((vector_size(32)));
  static inline Vector Zero() { return Vector{}; }
  static inline Vector Load(const float* at) {
    Vector v;
    __builtin_memcpy(&v, at, sizeof(v));
    return v;
  }
  static inline Vector Everywhere(const float* at) { return *at - Vector{}; }
  static inline void Store(float* at, Vector v) { __builtin_memcpy(at, &v, sizeof(v)); }
  static inline Vector Add(Vector a, Vector b) { return a + b; }
  static inline Vector MultiplyAdd(Vector a, Vector b, Vector c) { return a * b + c; }
  static inline Vector LoadSome(const float* at, int count) {
    if (count >= kLanes) return Load(at);
    Vector v{};
    for (int i = 0; i < count; ++i) v[i] = at[i];
    return v;
  }
  static inline Vector Product(Vector cells, Vector weights, Vector sum) { return MultiplyAdd(cells, weights, sum); }
  static inline Vector Pair(Vector a, Vector) { return a; }
};
#endif

#if defined(RESNET_AVX2)
struct Avx2 {
  static constexpr int kLanes = 8;
  static constexpr int kNumbers = 1;  // in a cell
  // Tiles of groups of neighboring pixels: 12 sums, 2 weights and a pixel fill the 16 registers.
  template <int V>
  static constexpr int kPixels = V == 1 ? 12 : 6;
  static constexpr int kWide = 3;  // neighbours in a wide group
  static constexpr int kThrees = 0;
  static constexpr int kFew = 0;
  // Channels of x in a tile of the filter's gradient.
  template <int V>
  static constexpr int kChannels = V == 1 ? 8 : 6;

  using Vector = __m256;
  static inline Vector Zero() { return _mm256_setzero_ps(); }
  static inline Vector Load(const float* at) { return _mm256_loadu_ps(at); }
  static inline Vector Everywhere(const float* at) { return _mm256_broadcast_ss(at); }
  static inline void Store(float* at, Vector v) { _mm256_storeu_ps(at, v); }
  static inline Vector Add(Vector a, Vector b) { return _mm256_add_ps(a, b); }
  static inline Vector MultiplyAdd(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }
  // The first `count` numbers, zeros behind them.
  static inline Vector LoadSome(const float* at, int count) {
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_maskload_ps(at, _mm256_cmpgt_epi32(_mm256_set1_epi32(count), lane));
  }
  static inline Vector Product(Vector cells, Vector weights, Vector sum) { return MultiplyAdd(cells, weights, sum); }
  static inline Vector Pair(Vector a, Vector) { return a; }
};
#endif

#if defined(RESNET_AVX512)
struct Avx512 {
  static constexpr int kLanes = 16;
  static constexpr int kNumbers = 1;
  // 28 sums, and up to 2 weights and 2 pixels: 32 registers.
  template <int V>
  static constexpr int kPixels = V == 1 ? 28 : 14;
  static constexpr int kWide = 7;
  // 24 sums, 3 weights and a pixel that is multiplied by all of them.
  static constexpr int kThrees = 24;
  static constexpr int kFew = 9;
  template <int V>
  static constexpr int kChannels = V == 1 ? 16 : 8;

  using Vector = __m512;
  static inline Vector Zero() { return _mm512_setzero_ps(); }
  static inline Vector Load(const float* at) { return _mm512_loadu_ps(at); }
  static inline Vector Everywhere(const float* at) { return _mm512_set1_ps(*at); }
  static inline void Store(float* at, Vector v) { _mm512_storeu_ps(at, v); }
  static inline Vector Add(Vector a, Vector b) { return _mm512_add_ps(a, b); }
  static inline Vector MultiplyAdd(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }
  static inline Vector LoadSome(const float* at, int count) {
    return count >= kLanes ? Load(at) : _mm512_maskz_loadu_ps(count <= 0 ? 0 : (1u << count) - 1, at);
  }
  static inline Vector Product(Vector cells, Vector weights, Vector sum) { return MultiplyAdd(cells, weights, sum); }
  static inline Vector Pair(Vector a, Vector) { return a; }
};
#endif

#if defined(RESNET_BF16)
// Sums are float32; what is multiplied is rounded to bfloat16 as it is packed.
struct Avx512Bf16 : Avx512 {
  static constexpr int kNumbers = 2;
  static inline Vector Product(Vector cells, Vector weights, Vector sum) {
    return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(cells), reinterpret_cast<__m512bh>(weights));
  }
  // 16 cells of a number of `a` and the one of `b` at the same place.
  static inline Vector Pair(Vector a, Vector b) {
    const __m512i both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(b, a));
    alignas(64) static constexpr short kOrder[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                     8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    return _mm512_castsi512_ps(_mm512_permutexvar_epi16(_mm512_load_si512(kOrder), both));
  }
  // 16 cells of 32 numbers that follow one another.
  static inline Vector Neighbors(Vector first, Vector second) {
    return reinterpret_cast<Vector>(_mm512_cvtne2ps_pbh(second, first));
  }
};
#endif

}  // namespace
}  // namespace resnet
