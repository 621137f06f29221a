// The direct kernels for processors with AMX, which multiplies tiles: 16 rows of 32 bfloat16 by 16 rows of 16 pairs of
// them. As images and weights are packed, 16 pixels are such a tile, and 16 cells of a panel are one.

#include <cstdint>
#include <utility>

#include "convolution/direct/kernels.h"

// Older compilers don't know its instructions.
#if defined(__x86_64__) && (defined(__clang__) ? __clang_major__ >= 12 : __GNUC__ >= 11)
#include <immintrin.h>

#include "shared/target/amx.h"
#define RESNET_AVX512
#define RESNET_BF16
#include "convolution/direct/loops.h"

namespace resnet {
namespace {

// Rows of a tile, and floats in each.
constexpr int64_t kTile = 16;
constexpr int64_t kRowBytes = 64;

// Tiles 0 to 3 hold sums, 4 and 5 pixels, 6 and 7 weights: each of 16 rows of 64 bytes.
struct alignas(64) TileShapes {
  uint8_t palette = 1, start_row = 0, reserved[14] = {};
  uint16_t row_bytes[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};
constexpr TileShapes kShapes{};

// The tiles are a thread's own, and TensorFlow's kernels may shape them otherwise.
class Tiles8 {
 public:
  Tiles8() { _tile_loadconfig(&kShapes); }
  ~Tiles8() { _tile_release(); }
};

// A tile of pixels of the result, not all of which may exist.
struct TilePlace {
  const float* source;
  float* result;
  int64_t pixels;
};

// The sums of a tile that isn't whole, by way of memory.
struct Part {
  alignas(64) float sums[kTile][kTile];

  void AddTo(const Sweep& s, const TilePlace& place, int64_t first_lane) const {
    const int64_t lanes = Least(kTile, s.lanes - first_lane);
    for (int64_t q = 0; q < place.pixels; ++q) {
      float* result = place.result + q * s.pixel_step + first_lane;
      for (int64_t lane = 0; lane < lanes; ++lane) result[lane] = sums[q][lane] + (s.add ? result[lane] : 0);
    }
  }
};

// The sums of G tiles of pixels and V of channels.
template <int G, int V>
void SweepTile(const Sweep& s, const TilePlace* places) {
  const bool whole = s.lanes == V * kTile && places[0].pixels == kTile && places[G - 1].pixels == kTile;
  const int64_t step = s.pixel_step * sizeof(float);
  float* const first = places[0].result;
  float* const last = places[G - 1].result;
  if (whole && s.add) {
    _tile_loadd(0, first, step);
    if constexpr (V == 2) _tile_loadd(1, first + kTile, step);
    if constexpr (G == 2) _tile_loadd(2, last, step);
    if constexpr (G == 2 && V == 2) _tile_loadd(3, last + kTile, step);
  } else {
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
  }
  for (int64_t block = 0; block < s.blocks; ++block) {
    for (int64_t t = 0; t < s.tap_count; ++t) {
      FetchSome(*s.ahead);
      const int64_t place = block * s.source_step + s.taps[t].source;
      const float* weights = s.panel + block * s.panel_step + s.taps[t].row * (V * kTile);
      _tile_loadd(6, weights, V * kRowBytes);
      _tile_loadd(4, places[0].source + place, kRowBytes);
      _tile_dpbf16ps(0, 4, 6);
      if constexpr (V == 2) {
        _tile_loadd(7, weights + kTile, V * kRowBytes);
        _tile_dpbf16ps(1, 4, 7);
      }
      if constexpr (G == 2) {
        _tile_loadd(5, places[1].source + place, kRowBytes);
        _tile_dpbf16ps(2, 5, 6);
        if constexpr (V == 2) _tile_dpbf16ps(3, 5, 7);
      }
    }
  }
  if (whole) {
    _tile_stored(0, first, step);
    if constexpr (V == 2) _tile_stored(1, first + kTile, step);
    if constexpr (G == 2) _tile_stored(2, last, step);
    if constexpr (G == 2 && V == 2) _tile_stored(3, last + kTile, step);
    return;
  }
  Part part;
  _tile_stored(0, part.sums, kRowBytes);
  part.AddTo(s, places[0], 0);
  if constexpr (V == 2) {
    _tile_stored(1, part.sums, kRowBytes);
    part.AddTo(s, places[0], kTile);
  }
  if constexpr (G == 2) {
    _tile_stored(2, part.sums, kRowBytes);
    part.AddTo(s, places[1], 0);
  }
  if constexpr (G == 2 && V == 2) {
    _tile_stored(3, part.sums, kRowBytes);
    part.AddTo(s, places[1], kTile);
  }
}

template <int V>
void SweepInTiles(const Sweep& s) {
  TilePlace places[2];
  int count = 0;
  for (const Run* run = s.runs; run != s.runs + s.run_count; ++run) {
    for (int64_t pixel = 0; pixel < run->pixels; pixel += kTile) {
      places[count++] = {s.source + run->source + pixel * kBlock, s.result + run->result + pixel * s.pixel_step,
                         Least(kTile, run->pixels - pixel)};
      if (count < 2) continue;
      SweepTile<2, V>(s, places);
      count = 0;
    }
  }
  if (count) SweepTile<1, V>(s, places);
}

void RunTileSweep(const Sweep& s) {
  const Tiles8 tiles;
  s.vectors == 2 ? SweepInTiles<2>(s) : SweepInTiles<1>(s);
}

// The sums of B blocks of channels of x and V vectors of dy's. Here x is turned: of each pixel, 16 channels of 16
// cells.
template <int B, int V>
void FilterSweepInTiles(const FilterSweep& s) {
  float* const second = s.sums + s.sums_step;
  _tile_loadd(0, s.sums, V * kRowBytes);
  if constexpr (V == 2) _tile_loadd(1, s.sums + kTile, V * kRowBytes);
  if constexpr (B == 2) _tile_loadd(2, second, V * kRowBytes);
  if constexpr (B == 2 && V == 2) _tile_loadd(3, second + kTile, V * kRowBytes);
  for (const Stretch* stretch = s.stretches; stretch != s.stretches + s.count; ++stretch) {
    FetchSome(*s.ahead);
    const float* dy = s.dy + stretch->dy * (V * kTile);
    const float* x = s.x + stretch->x;
    for (int64_t i = 0; i < stretch->pixels; i += kTile, dy += kTile * V * kTile, x += kTile * kBlock) {
      _tile_loadd(4, x, kRowBytes);
      _tile_loadd(6, dy, V * kRowBytes);
      _tile_dpbf16ps(0, 4, 6);
      if constexpr (V == 2) {
        _tile_loadd(7, dy + kTile, V * kRowBytes);
        _tile_dpbf16ps(1, 4, 7);
      }
      if constexpr (B == 2) {
        _tile_loadd(5, x + s.x_step, kRowBytes);
        _tile_dpbf16ps(2, 5, 6);
        if constexpr (V == 2) _tile_dpbf16ps(3, 5, 7);
      }
    }
  }
  _tile_stored(0, s.sums, V * kRowBytes);
  if constexpr (V == 2) _tile_stored(1, s.sums + kTile, V * kRowBytes);
  if constexpr (B == 2) _tile_stored(2, second, V * kRowBytes);
  if constexpr (B == 2 && V == 2) _tile_stored(3, second + kTile, V * kRowBytes);
}

void RunTileFilterSweep(const FilterSweep& s) {
  if (s.few) return RunFilterSweep<Avx512Bf16>(s);
  const Tiles8 tiles;
  if (s.blocks == 2) {
    s.vectors == 2 ? FilterSweepInTiles<2, 2>(s) : FilterSweepInTiles<2, 1>(s);
  } else {
    s.vectors == 2 ? FilterSweepInTiles<1, 2>(s) : FilterSweepInTiles<1, 1>(s);
  }
}

// Turns squares of 16 x 16 cells.
void TurnSquares(float* cells, int64_t squares) {
  for (; squares > 0; --squares, cells += kBlock * kBlock) {
    __m512 rows[16], pairs[16];
    RESNET_UNROLL
    for (int i = 0; i < 16; ++i) rows[i] = _mm512_loadu_ps(cells + i * kBlock);
    RESNET_UNROLL
    for (int i = 0; i < 16; i += 2) {
      pairs[i] = _mm512_unpacklo_ps(rows[i], rows[i + 1]);
      pairs[i + 1] = _mm512_unpackhi_ps(rows[i], rows[i + 1]);
    }
    // Now of each group of four rows, columns 4 k + j in lane k of rows[4 g + j].
    RESNET_UNROLL
    for (int i = 0; i < 16; i += 4) {
      const auto lower = [&](int a, int b) __attribute__((always_inline)) {
        return _mm512_castpd_ps(_mm512_unpacklo_pd(_mm512_castps_pd(pairs[a]), _mm512_castps_pd(pairs[b])));
      };
      const auto upper = [&](int a, int b) __attribute__((always_inline)) {
        return _mm512_castpd_ps(_mm512_unpackhi_pd(_mm512_castps_pd(pairs[a]), _mm512_castps_pd(pairs[b])));
      };
      rows[i] = lower(i, i + 2), rows[i + 1] = upper(i, i + 2);
      rows[i + 2] = lower(i + 1, i + 3), rows[i + 3] = upper(i + 1, i + 3);
    }
    RESNET_UNROLL
    for (int j = 0; j < 4; ++j) {
      const __m512 a = _mm512_shuffle_f32x4(rows[j], rows[4 + j], 0x44);
      const __m512 b = _mm512_shuffle_f32x4(rows[j], rows[4 + j], 0xee);
      const __m512 c = _mm512_shuffle_f32x4(rows[8 + j], rows[12 + j], 0x44);
      const __m512 d = _mm512_shuffle_f32x4(rows[8 + j], rows[12 + j], 0xee);
      _mm512_storeu_ps(cells + j * kBlock, _mm512_shuffle_f32x4(a, c, 0x88));
      _mm512_storeu_ps(cells + (4 + j) * kBlock, _mm512_shuffle_f32x4(a, c, 0xdd));
      _mm512_storeu_ps(cells + (8 + j) * kBlock, _mm512_shuffle_f32x4(b, d, 0x88));
      _mm512_storeu_ps(cells + (12 + j) * kBlock, _mm512_shuffle_f32x4(b, d, 0xdd));
    }
  }
}

constexpr Kernels AmxKernels() {
  Kernels kernels = KernelsOf<Avx512Bf16>();
  kernels.pixels[1] = kernels.pixels[2] = 2 * kTile;
  kernels.sweep = RunTileSweep;
  kernels.filter_sweep = RunTileFilterSweep;
  kernels.turn_squares = TurnSquares;
  return kernels;
}

const Kernels kKernels = AmxKernels();

}  // namespace
const Kernels* const kAmxKernels = &kKernels;
}  // namespace resnet

#include "shared/target/end.h"

#else

namespace resnet {
const Kernels* const kAmxKernels = nullptr;
}

#endif
