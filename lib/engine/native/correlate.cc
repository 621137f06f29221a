// The convolution and its input gradient: both sum, for each pixel of a result, over pixels of a source around a place.

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "convolution.h"
#include "padded_image.h"
#include "parallel.h"

namespace resnet {
namespace {

// Source numbers that a thread works on at a time, so that they stay in its cache.
constexpr int64_t kChunk = 32768;

// Pixels of the result that see the source alike: [row + step_h * i, column + step_w * j] sees it around [src_step_h * i,
// src_step_w * j], at the taps. A convolution is one phase, the input gradient of one with a stride is stride^2.
struct Phase {
  int64_t row, column, step_h, step_w, rows, columns;
  int64_t src_step_h, src_step_w;
  std::vector<int64_t> taps;             // Where the source is seen, in numbers behind the place.
  Buffer panels{nullptr, std::free};     // The weights, [result channels / 16][tap][source channel][16].
};

void CopyImage(const PaddedImage& image, const float* from, float* to) {
  const auto zeros = [&to](int64_t count) { to = std::fill_n(to, count, 0.0f); };
  zeros(image.top * image.RowSize());
  for (int64_t y = 0; y < image.h; ++y, from += image.w * image.c) {
    zeros(image.left * image.c);
    to = std::copy_n(from, image.w * image.c, to);
    zeros(image.right * image.c);
  }
  zeros(image.bottom * image.RowSize());
}

// A copy of a constant size is two moves, which needn't be aligned.
inline void CopyLanes(void* to, const void* from, int64_t lanes) {
  if (lanes == kLanes) {
    std::memcpy(to, from, kLanes * sizeof(float));
  } else {
    std::memcpy(to, from, lanes * sizeof(float));
  }
}

// 16 channels of P pixels of the result, of which `lanes` exist; with `add` they are added to what is there.
template <int P>
RESNET_FAST void Tile(const Phase& phase, int64_t depth, const float* const* pixels, const float* panel, float* const* results,
          int64_t lanes, bool add) {
  Vector sums[P][2];
#pragma GCC unroll 8
  for (int p = 0; p < P; ++p) sums[p][0] = sums[p][1] = Vector{};
  for (const int64_t tap : phase.taps) {
    const float* at[P];
#pragma GCC unroll 8
    for (int p = 0; p < P; ++p) at[p] = pixels[p] + tap;
    for (int64_t c = 0; c < depth; ++c, panel += kLanes) {
      const Vector low = VectorAt(panel), high = VectorAt(panel + 8);
#pragma GCC unroll 8
      for (int p = 0; p < P; ++p) {
        sums[p][0] += at[p][c] * low;
        sums[p][1] += at[p][c] * high;
      }
    }
  }
#pragma GCC unroll 8
  for (int p = 0; p < P; ++p) {
    if (add) {
      Vector there[2] = {};
      CopyLanes(there, results[p], lanes);
      sums[p][0] += there[0];
      sums[p][1] += there[1];
    }
    CopyLanes(results[p], sums[p], lanes);
  }
}

constexpr decltype(&Tile<1>) kTiles[] = {nullptr, Tile<1>, Tile<2>, Tile<3>, Tile<4>, Tile<5>, Tile<6>};

// All of a phase's pixels in `count` pictures, tile after tile; a tile may span rows and pictures.
void RunPhase(const Phase& phase, const PaddedImage& source, int64_t count, const float* from, int64_t w, int64_t c,
              int64_t size, bool add, float* to) {
  const int64_t panel_size = phase.taps.size() * source.c * kLanes;
  const float* panel = phase.panels.get();
  for (int64_t lane = 0; lane < c; lane += kLanes, panel += panel_size) {
    const int64_t lanes = std::min(kLanes, c - lane);
    const float* pixels[kRows];
    float* results[kRows];
    int filled = 0;
    for (int64_t i = 0; i < count; ++i) {
      for (int64_t y = 0; y < phase.rows; ++y) {
        const float* src = from + i * source.Size() + y * phase.src_step_h * source.RowSize();
        float* dst = to + i * size + ((phase.row + y * phase.step_h) * w + phase.column) * c + lane;
        for (int64_t x = 0; x < phase.columns; ++x) {
          pixels[filled] = src + x * phase.src_step_w * source.c;
          results[filled] = dst + x * phase.step_w * c;
          if (++filled < kRows) continue;
          Tile<kRows>(phase, source.c, pixels, panel, results, lanes, add);
          filled = 0;
        }
      }
    }
    if (filled > 0) kTiles[filled](phase, source.c, pixels, panel, results, lanes, add);
  }
}

// The whole result, [batch, h, w, c], added to `addend` if there is one.
void Correlate(const std::vector<Phase>& phases, const PaddedImage& source, int64_t batch, const float* from,
               const float* addend, int64_t h, int64_t w, int64_t c, float* to) {
  const int64_t from_size = source.h * source.w * source.c, to_size = h * w * c;
  const int64_t images = std::clamp<int64_t>(kChunk / source.Size(), 1, CeilDiv(batch, 2 * Cores()));
  Parallel(CeilDiv(batch, images), [&](int chunk) {
    const int64_t first = chunk * images, count = std::min(images, batch - first);
    const float* pictures = from + first * from_size;
    if (source.HasMargins()) {
      float* copies = Scratch(0, images * source.Size());
      for (int64_t i = 0; i < count; ++i) CopyImage(source, pictures + i * from_size, copies + i * source.Size());
      pictures = copies;
    }
    float* results = to + first * to_size;
    if (addend && addend != to) std::copy_n(addend + first * to_size, count * to_size, results);
    for (const Phase& phase : phases) {
      RunPhase(phase, source, count, pictures, w, c, to_size, addend != nullptr, results);
    }
  });
}

// A phase's weights, of which `weight(tap, source channel, result channel)` tells each.
template <class Weight>
Buffer Panels(int64_t taps, int64_t depth, int64_t channels, Weight weight) {
  const int64_t panels = CeilDiv(channels, kLanes);
  Buffer buffer = NewBuffer(panels * taps * depth * kLanes);
  float* to = buffer.get();
  for (int64_t first = 0; first < channels; first += kLanes) {
    for (int64_t tap = 0; tap < taps; ++tap) {
      for (int64_t c = 0; c < depth; ++c, to += kLanes) {
        for (int64_t lane = 0; lane < kLanes; ++lane) {
          to[lane] = first + lane < channels ? weight(tap, c, first + lane) : 0;
        }
      }
    }
  }
  return buffer;
}

// The pixels [row, column] + stride * [i, j] of dx: dx[a] sums dy[(a + pad - k) / stride] over the k that divide.
Phase GradientPhase(const Convolution& s, const PaddedImage& dy, const float* filter, int64_t row, int64_t column) {
  Phase phase{row, column, s.stride_h, s.stride_w, CeilDiv(s.in_h - row, s.stride_h), CeilDiv(s.in_w - column, s.stride_w),
              1,   1};
  std::vector<const float*> weights;  // Of each tap, [in_c, out_c].
  for (int64_t a = (row + s.pad_top) % s.stride_h; a < s.kernel_h; a += s.stride_h) {
    for (int64_t b = (column + s.pad_left) % s.stride_w; b < s.kernel_w; b += s.stride_w) {
      const int64_t y = dy.top + (row + s.pad_top - a) / s.stride_h;
      const int64_t x = dy.left + (column + s.pad_left - b) / s.stride_w;
      phase.taps.push_back(y * dy.RowSize() + x * s.out_c);
      weights.push_back(filter + (a * s.kernel_w + b) * s.in_c * s.out_c);
    }
  }
  phase.panels = Panels(weights.size(), s.out_c, s.in_c,
                        [&](int64_t tap, int64_t out, int64_t in) { return weights[tap][in * s.out_c + out]; });
  return phase;
}

}  // namespace

bool ConvolutionIsFast() {
#if defined(__x86_64__)
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) return false;
  const char* wanted = std::getenv("RESNET_KERNELS");
  return wanted ? std::strcmp(wanted, "avx2") == 0 : !__builtin_cpu_supports("avx512f");
#else
  return false;
#endif
}

void Convolve(const Convolution& s, const float* x, const float* filter, float* y) {
  const PaddedImage source = PaddedInput(s);
  std::vector<Phase> phases;
  phases.push_back({0, 0, 1, 1, s.out_h, s.out_w, s.stride_h, s.stride_w});
  for (int64_t a = 0; a < s.kernel_h; ++a) {
    for (int64_t b = 0; b < s.kernel_w; ++b) phases[0].taps.push_back(a * source.RowSize() + b * s.in_c);
  }
  phases[0].panels = Panels(s.kernel_h * s.kernel_w, s.in_c, s.out_c, [&](int64_t tap, int64_t in, int64_t out) {
    return filter[(tap * s.in_c + in) * s.out_c + out];
  });
  Correlate(phases, source, s.batch, x, nullptr, s.out_h, s.out_w, s.out_c, y);
}

void InputGradient(const Convolution& s, const float* filter, const float* dy, const float* addend, float* dx) {
  const auto before = [](int64_t kernel, int64_t pad, int64_t stride) {
    return std::max<int64_t>(0, CeilDiv(kernel - 1 - pad, stride));
  };
  const auto behind = [](int64_t in, int64_t pad, int64_t stride, int64_t out) {
    return std::max<int64_t>(0, (in - 1 + pad) / stride - (out - 1));
  };
  const PaddedImage source{s.out_h,
                           s.out_w,
                           s.out_c,
                           before(s.kernel_h, s.pad_top, s.stride_h),
                           before(s.kernel_w, s.pad_left, s.stride_w),
                           behind(s.in_h, s.pad_top, s.stride_h, s.out_h),
                           behind(s.in_w, s.pad_left, s.stride_w, s.out_w)};
  std::vector<Phase> phases;
  for (int64_t row = 0; row < std::min(s.stride_h, s.in_h); ++row) {
    for (int64_t column = 0; column < std::min(s.stride_w, s.in_w); ++column) {
      phases.push_back(GradientPhase(s, source, filter, row, column));
    }
  }
  Correlate(phases, source, s.batch, dy, addend, s.in_h, s.in_w, s.in_c, dx);
}

}  // namespace resnet
