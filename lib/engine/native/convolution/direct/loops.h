// The loops, for any instruction set of isa.h. Included once by each source file that compiles them. Nothing of the
// standard library may be instantiated here: the linker could take this file's copy of it for all processors.

#pragma once

#include <utility>

#include "convolution/direct/isa.h"
#include "convolution/direct/kernels.h"

#if defined(__clang__)
#define RESNET_UNROLL _Pragma("clang loop unroll(full)")
#else
#define RESNET_UNROLL _Pragma("GCC unroll 32")
#endif

namespace resnet {
namespace {

inline int64_t Least(int64_t a, int64_t b) {
  return a < b ? a : b;
}

inline void FetchSome(Ahead& ahead) {
  if (ahead.wait-- > 0) return;
  for (int i = 0; i < kLinesAtOnce && ahead.at < ahead.end; ++i, ahead.at += kLine) __builtin_prefetch(ahead.at, 0, 2);
}

template <class Isa>
inline void StoreZeros(float* at) {
  RESNET_UNROLL
  for (int i = 0; i < kBlock; i += Isa::kLanes) Isa::Store(at + i, Isa::Zero());
}

// What a cell of two numbers takes its second from.
enum class Second { kNone, kChannel, kImage, kZero };

// How many of a block's channels there are.
enum class Filled { kAll, kHalf, kSome };

// A block of a pixel, or of the same pixel of two images.
template <class Isa, Second kSecond, Filled kFilled>
inline void PackBlock(const PackJob& job, const float* from, int64_t left, float* to) {
  const auto load = [&](int64_t image, int i) __attribute__((always_inline)) {
    const float* at = from + image * job.image_size + i;
    return kFilled == Filled::kSome ? Isa::LoadSome(at, left - i) : Isa::Load(at);
  };
  if constexpr (kSecond == Second::kNone) {
    RESNET_UNROLL
    for (int i = 0; i < kBlock; i += Isa::kLanes) Isa::Store(to + i, load(0, i));
  } else if constexpr (kSecond == Second::kChannel) {
    Isa::Store(to, Isa::Neighbors(load(0, 0), kFilled == Filled::kHalf ? Isa::Zero() : load(0, kBlock)));
  } else if constexpr (kSecond == Second::kImage) {
    Isa::Store(to, Isa::Pair(load(0, 0), load(1, 0)));
  } else {
    Isa::Store(to, Isa::Pair(load(0, 0), Isa::Zero()));
  }
}

// A row's pixels that lie in the image, if they have one block each.
template <class Isa, Second kSecond, Filled kFilled>
inline void PackSingles(const PackJob& job, const float* from, int64_t count, float* to) {
  const int64_t from_step = job.stride_w * job.c, to_step = job.column_step, channels = job.channels;
  for (int64_t i = 0; i < count; ++i, from += from_step, to += to_step) {
    PackBlock<Isa, kSecond, kFilled>(job, from, channels, to);
  }
}

// The same with any number of blocks, the last of which may be filled in part.
template <class Isa, Second kSecond>
inline void PackPixels(const PackJob& job, const float* from, int64_t count, float* to) {
  constexpr int64_t kNumbers = kSecond == Second::kChannel ? 2 * kBlock : kBlock;
  const int64_t whole = job.channels / kNumbers, left = job.channels % kNumbers;
  const int64_t* const blocks = job.blocks;
  if (job.channels == kNumbers) return PackSingles<Isa, kSecond, Filled::kAll>(job, from, count, to + blocks[0]);
  if (job.channels == kBlock) return PackSingles<Isa, kSecond, Filled::kHalf>(job, from, count, to + blocks[0]);
  if (whole == 0) return PackSingles<Isa, kSecond, Filled::kSome>(job, from, count, to + blocks[0]);
  const int64_t from_step = job.stride_w * job.c, to_step = job.column_step;
  for (int64_t i = 0; i < count; ++i, from += from_step, to += to_step) {
    for (int64_t b = 0; b < whole; ++b) {
      PackBlock<Isa, kSecond, Filled::kAll>(job, from + b * kNumbers, 0, to + blocks[b]);
    }
    if (left) {
      const int64_t channel = whole * kNumbers;
      PackBlock<Isa, kSecond, Filled::kSome>(job, from + channel, left, to + blocks[whole]);
    }
  }
}

template <class Isa>
inline void PackZeros(const PackJob& job, int64_t blocks, int64_t count, float* to) {
  for (int64_t i = 0; i < count; ++i, to += job.column_step) {
    for (int64_t b = 0; b < blocks; ++b) StoreZeros<Isa>(to + job.blocks[b]);
  }
}

template <class Isa, Second kSecond>
void PackImage(const PackJob& job, const float* image, float* to) {
  constexpr int64_t kNumbers = kSecond == Second::kChannel ? 2 * kBlock : kBlock;
  const int64_t blocks = (job.channels + kNumbers - 1) / kNumbers;
  for (int64_t row = 0; row < job.rows; ++row) {
    if (row % job.stride_h >= job.kept_h) continue;
    float* to_row = to + (row / job.stride_h * job.kept_h + row % job.stride_h) * job.row_step;
    const int64_t y = job.first_row + row;
    const bool inside = y >= 0 && y < job.h;
    for (int64_t plane = 0; plane < job.kept_w; ++plane, to_row += job.plane_step) {
      // The plane's pixels before, in and behind the image.
      const auto up_to = [&](int64_t column) {
        return column <= plane ? int64_t{0} : (column - plane + job.stride_w - 1) / job.stride_w;
      };
      const int64_t all = up_to(job.columns), begin = inside ? Least(all, up_to(job.left)) : all,
                    end = inside ? Least(all, up_to(job.left + job.w)) : all;
      PackZeros<Isa>(job, blocks, begin, to_row);
      const auto* from = image + (y * job.w + plane + begin * job.stride_w - job.left) * job.c;
      PackPixels<Isa, kSecond>(job, from, end - begin, to_row + begin * job.column_step);
      PackZeros<Isa>(job, blocks, all - end, to_row + end * job.column_step);
    }
  }
}

template <class Isa>
void Pack(const PackJob& job) {
  const float* image = job.from;
  float* to = job.to;
  if constexpr (Isa::kNumbers == 1) {
    for (int64_t i = 0; i < job.images; ++i, image += job.image_size, to += job.image_step) {
      PackImage<Isa, Second::kNone>(job, image, to);
    }
  } else if (!job.image_pairs) {
    for (int64_t i = 0; i < job.images; ++i, image += job.image_size, to += job.image_step) {
      PackImage<Isa, Second::kChannel>(job, image, to);
    }
  } else {
    int64_t i = 0;
    for (; i + 1 < job.images; i += 2, image += 2 * job.image_size, to += job.image_step) {
      PackImage<Isa, Second::kImage>(job, image, to);
    }
    if (i < job.images) PackImage<Isa, Second::kZero>(job, image, to);
  }
}

template <class Isa>
void PackWeights(const WeightJob& job) {
  constexpr int64_t kStep = Isa::kNumbers, kDepth = kBlock * kStep, kLanes = Isa::kLanes;
  const int64_t width = job.width, lanes = Least(width, job.channels - job.first);
  float* to = job.to;
  float square[kDepth][2 * kLanes];  // of a turned filter
  for (int64_t block = 0; block < job.depth; block += kDepth) {
    const int64_t depth = Least(kDepth, job.depth - block);
    for (int64_t tap = 0; tap < job.taps; ++tap) {
      const float* filter = job.filter + job.which[tap] * job.depth * job.channels;
      const float* rows = filter + block * job.channels + job.first;
      int64_t row_step = job.channels;
      if (job.turned) {
        for (int64_t lane = 0; lane < lanes; ++lane) {
          const float* from = filter + (job.first + lane) * job.depth + block;
          for (int64_t d = 0; d < depth; ++d) square[d][lane] = from[d];
        }
        rows = square[0], row_step = 2 * kLanes;
      }
      for (int64_t d = 0; d < kDepth; d += kStep) {
        for (int64_t i = 0; i < width; i += kLanes, to += kLanes) {
          const float* row = rows + d * row_step + i;
          const auto a = d < depth ? Isa::LoadSome(row, lanes - i) : Isa::Zero();
          const auto b = kStep == 2 && d + 1 < depth ? Isa::LoadSome(row + row_step, lanes - i) : Isa::Zero();
          Isa::Store(to, Isa::Pair(a, b));
        }
      }
    }
  }
}

// Writes a tile's sums. If they are plain, all of its pixels and channels exist.
template <class Isa, int G, int Q, int V>
inline __attribute__((always_inline)) void Finish(const Sweep& s, typename Isa::Vector (&sums)[G][Q][V],
                                                  float* const* results, const int64_t* pixels, bool plain) {
  constexpr int L = Isa::kLanes;
  if (plain) {
    RESNET_UNROLL
    for (int g = 0; g < G; ++g) {
      auto* result = results[g];
      RESNET_UNROLL
      for (int q = 0; q < Q; ++q, result += s.pixel_step) {
        RESNET_UNROLL
        for (int v = 0; v < V; ++v) {
          if (s.add) sums[g][q][v] = Isa::Add(sums[g][q][v], Isa::Load(result + v * L));
          Isa::Store(result + v * L, sums[g][q][v]);
        }
      }
    }
    return;
  }
  // Some pixels or channels don't exist.
  float all[G][Q][V * L];
  RESNET_UNROLL
  for (int g = 0; g < G; ++g) {
    RESNET_UNROLL
    for (int q = 0; q < Q; ++q) {
      RESNET_UNROLL
      for (int v = 0; v < V; ++v) Isa::Store(all[g][q] + v * L, sums[g][q][v]);
    }
  }
  for (int g = 0; g < G; ++g) {
    for (int64_t q = 0; q < pixels[g]; ++q) {
      auto* result = results[g] + q * s.pixel_step;
      for (int64_t lane = 0; lane < s.lanes; ++lane) {
        result[lane] = all[g][q][lane] + (s.add ? result[lane] : 0);
      }
    }
  }
}

// V vectors of channels of G groups of Q neighboring pixels.
template <class Isa, int G, int Q, int V>
void Tile(const Sweep& s, const float* const* sources, float* const* results, const int64_t* pixels, bool plain) {
  using Vector = typename Isa::Vector;
  constexpr int L = Isa::kLanes;
  Vector sums[G][Q][V];
  RESNET_UNROLL
  for (int g = 0; g < G; ++g) {
    RESNET_UNROLL
    for (int q = 0; q < Q; ++q) {
      RESNET_UNROLL
      for (int v = 0; v < V; ++v) sums[g][q][v] = Isa::Zero();
    }
  }
  for (int64_t block = 0; block < s.blocks; ++block) {
    const int64_t depth = block + 1 < s.blocks ? kBlock : s.last_depth;
    for (int64_t t = 0; t < s.tap_count; ++t) {
      FetchSome(*s.ahead);
      const int64_t place = block * s.source_step + s.taps[t].source;
      const float* weights = s.panel + block * s.panel_step + s.taps[t].row * (V * L);
      const float* at[G];
      RESNET_UNROLL
      for (int g = 0; g < G; ++g) at[g] = sources[g] + place;
      for (int64_t c = 0; c < depth; ++c, weights += V * L) {
        Vector weight[V];
        RESNET_UNROLL
        for (int v = 0; v < V; ++v) weight[v] = Isa::Load(weights + v * L);
        RESNET_UNROLL
        for (int g = 0; g < G; ++g) {
          RESNET_UNROLL
          for (int q = 0; q < Q; ++q) {
            const Vector cell = Isa::Everywhere(at[g] + q * kBlock + c);
            RESNET_UNROLL
            for (int v = 0; v < V; ++v) sums[g][q][v] = Isa::Product(cell, weight[v], sums[g][q][v]);
          }
        }
      }
    }
  }
  Finish<Isa, G, Q, V>(s, sums, results, pixels, plain);
}

// The same where taps come in threes that see one pixel after the other: a pixel that is read is multiplied by all
// three weights. With one vector of channels there are otherwise as many reads as products, and the processor does no
// more of the former at a time than of the latter.
template <class Isa, int G, int Q>
void TileOfThrees(const Sweep& s, const float* const* sources, float* const* results, const int64_t* pixels,
                  bool plain) {
  using Vector = typename Isa::Vector;
  constexpr int L = Isa::kLanes;
  Vector sums[G][Q][1];
  RESNET_UNROLL
  for (int g = 0; g < G; ++g) {
    RESNET_UNROLL
    for (int q = 0; q < Q; ++q) sums[g][q][0] = Isa::Zero();
  }
  for (int64_t block = 0; block < s.blocks; ++block) {
    const int64_t depth = block + 1 < s.blocks ? kBlock : s.last_depth;
    for (int64_t t = 0; t < s.tap_count; t += 3) {
      FetchSome(*s.ahead);
      const int64_t place = block * s.source_step + s.taps[t].source;
      const float* weights = s.panel + block * s.panel_step + s.taps[t].row * L;
      const float* at[G];
      RESNET_UNROLL
      for (int g = 0; g < G; ++g) at[g] = sources[g] + place;
      for (int64_t c = 0; c < depth; ++c, weights += L) {
        const Vector first = Isa::Load(weights), second = Isa::Load(weights + kBlock * L),
                     third = Isa::Load(weights + 2 * kBlock * L);
        RESNET_UNROLL
        for (int g = 0; g < G; ++g) {
          RESNET_UNROLL
          for (int q = 0; q < Q + 2; ++q) {
            const Vector cell = Isa::Everywhere(at[g] + q * kBlock + c);
            if (q < Q) sums[g][q][0] = Isa::Product(cell, first, sums[g][q][0]);
            if (q > 0 && q <= Q) sums[g][q - 1][0] = Isa::Product(cell, second, sums[g][q - 1][0]);
            if (q > 1) sums[g][q - 2][0] = Isa::Product(cell, third, sums[g][q - 2][0]);
          }
        }
      }
    }
  }
  Finish<Isa, G, Q, 1>(s, sums, results, pixels, plain);
}

template <class Isa, int Q, int... Groups>
constexpr auto TilesOfThrees(std::integer_sequence<int, Groups...>) {
  struct {
    decltype(&TileOfThrees<Isa, 1, Q>) of[sizeof...(Groups)];
  } table{{TileOfThrees<Isa, Groups + 1, Q>...}};
  return table;
}

template <class Isa, int Q, int V, int... Groups>
constexpr auto Tiles(std::integer_sequence<int, Groups...>) {
  struct {
    decltype(&Tile<Isa, 1, Q, V>) of[sizeof...(Groups)];
  } table{{Tile<Isa, Groups + 1, Q, V>...}};
  return table;
}

// Goes through the runs with tiles of up to G groups of Q pixels.
template <class Isa, int G, int Q, int V, class Table>
inline void SweepTiles(const Sweep& s, const Table& table) {
  const bool full_lanes = s.lanes == V * Isa::kLanes;
  int64_t groups = 0;
  for (int64_t i = 0; i < s.run_count; ++i) groups += (s.runs[i].pixels + Q - 1) / Q;
  // Tiles of about the same size: small ones use less of the processor.
  int64_t tiles = (groups + G - 1) / G;
  const Run* run = s.runs;
  int64_t pixel = 0;
  for (; tiles > 0; --tiles) {
    const float* sources[G];
    float* results[G];
    int64_t pixels[G];
    bool plain = full_lanes;
    const int count = static_cast<int>((groups + tiles - 1) / tiles);
    for (int g = 0; g < count; ++g) {
      sources[g] = s.source + run->source + pixel * kBlock;
      results[g] = s.result + run->result + pixel * s.pixel_step;
      pixels[g] = Least(Q, run->pixels - pixel);
      if (pixels[g] < Q) plain = false;
      pixel += Q;
      if (pixel >= run->pixels) ++run, pixel = 0;
    }
    table.of[count - 1](s, sources, results, pixels, plain);
    groups -= count;
  }
}

template <class Isa, int Q, int V>
void SweepOf(const Sweep& s) {
  constexpr int G = Isa::template kPixels<V> / Q;
  static constexpr auto kTiles = Tiles<Isa, Q, V>(std::make_integer_sequence<int, G>());
  SweepTiles<Isa, G, Q, V>(s, kTiles);
}

template <class Isa>
void RunSweep(const Sweep& s) {
  if constexpr (Isa::kThrees > 0) {
    if (s.vectors == 1 && s.threes) {
      constexpr int Q = 8, G = Isa::kThrees / Q;
      static constexpr auto kTiles = TilesOfThrees<Isa, Q>(std::make_integer_sequence<int, G>());
      return SweepTiles<Isa, G, Q, 1>(s, kTiles);
    }
  }
  if (s.vectors == 2) {
    s.wide ? SweepOf<Isa, Isa::kWide, 2>(s) : SweepOf<Isa, 2, 2>(s);
  } else {
    s.wide ? SweepOf<Isa, Isa::kWide, 1>(s) : SweepOf<Isa, 4, 1>(s);
  }
}

// V vectors of channels of dy for C channels of x at each of T taps, added up over all stretches.
template <class Isa, int T, int C, int V>
void FilterTile(const FilterSweep& s, const float* x, float* sums) {
  using Vector = typename Isa::Vector;
  constexpr int L = Isa::kLanes;
  Vector sum[T][C][V];
  RESNET_UNROLL
  for (int t = 0; t < T; ++t) {
    RESNET_UNROLL
    for (int c = 0; c < C; ++c) {
      RESNET_UNROLL
      for (int v = 0; v < V; ++v) sum[t][c][v] = Isa::Load(sums + ((c * T + t) * V + v) * L);
    }
  }
  for (const Stretch* stretch = s.stretches; stretch != s.stretches + s.count; ++stretch) {
    FetchSome(*s.ahead);
    const float* dy = s.dy + stretch->dy * (V * L);
    const float* at[T];
    RESNET_UNROLL
    for (int t = 0; t < T; ++t) at[t] = x + stretch->x + s.taps[t];
    for (int64_t i = 0; i < stretch->pixels * kBlock; i += kBlock, dy += V * L) {
      Vector gradient[V];
      RESNET_UNROLL
      for (int v = 0; v < V; ++v) gradient[v] = Isa::Load(dy + v * L);
      RESNET_UNROLL
      for (int t = 0; t < T; ++t) {
        RESNET_UNROLL
        for (int c = 0; c < C; ++c) {
          const Vector cell = Isa::Everywhere(at[t] + i + c);
          RESNET_UNROLL
          for (int v = 0; v < V; ++v) sum[t][c][v] = Isa::Product(cell, gradient[v], sum[t][c][v]);
        }
      }
    }
  }
  RESNET_UNROLL
  for (int t = 0; t < T; ++t) {
    RESNET_UNROLL
    for (int c = 0; c < C; ++c) {
      RESNET_UNROLL
      for (int v = 0; v < V; ++v) Isa::Store(sums + ((c * T + t) * V + v) * L, sum[t][c][v]);
    }
  }
}

template <class Isa, int V>
void FilterSweepOf(const FilterSweep& s) {
  if constexpr (V == 1 && Isa::kFew > 0) {
    if (s.few) return FilterTile<Isa, 3, Isa::kFew, 1>(s, s.x, s.sums);
  }
  constexpr int C = Isa::template kChannels<V>, kRest = 4, kStep = V * Isa::kLanes;
  int64_t c = 0;
  for (; s.channels - c > kRest; c += C) FilterTile<Isa, 1, C, V>(s, s.x + c, s.sums + c * kStep);
  if (c < s.channels) FilterTile<Isa, 1, kRest, V>(s, s.x + c, s.sums + c * kStep);
}

template <class Isa>
void RunFilterSweep(const FilterSweep& s) {
  s.vectors == 2 ? FilterSweepOf<Isa, 2>(s) : FilterSweepOf<Isa, 1>(s);
}

template <class Isa>
constexpr Kernels KernelsOf() {
  return {Isa::kLanes,         Isa::kNumbers,
          Isa::kWide,          {0, Isa::template kPixels<1>, Isa::template kPixels<2>},
          {0, 4, 2},           {0, Isa::template kChannels<1>, Isa::template kChannels<2>},
          Isa::kFew,           Pack<Isa>,
          PackWeights<Isa>,    RunSweep<Isa>,
          RunFilterSweep<Isa>, nullptr};
}

}  // namespace
}  // namespace resnet
