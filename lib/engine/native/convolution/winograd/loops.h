// The loops, for one instruction set: the including file has set the compiler's target, kLanes, the numbers in a
// vector, and kBfloat16, whether factors are rounded to bfloat16.
//
// A block of tiles is transformed into the scratch memory, multiplied there and transformed back, before the next:
//
//   scratch  [channels / 16][plane][tile][16]
//
// A plane is one of a tile's 36 transformed values. All of a group of 16 channels of a tile is one line of the cache,
// so transforms write whole lines, and a product reads, for 16 channels of the source, a run of lines.
//
// The planes are a square too, and its rows are worked on one after the other: the products of a row are written over
// what the row before was made of. So the memory holds one row more, and a block takes half the cache that two buffers
// would take.
//
// Products of bfloat16 are of cells of 32 bits, two numbers, whose products are both added to a lane's sum: of two
// channels that are neighbors, and for the filter's gradient of two tiles. Half of a line is empty in the first case,
// half as many lines are there in the second.

#define INLINE inline __attribute__((always_inline))

constexpr int64_t kGroup = 16;            // Channels in a line of the cache.
constexpr int kHalves = kGroup / kLanes;  // Vectors in a group.

using Vec = float __attribute__((vector_size(kLanes * sizeof(float))));

// Nothing of the standard library may be instantiated here: the linker could take this file's copy of it for all
// processors.
INLINE int64_t Least(int64_t a, int64_t b) {
  return a < b ? a : b;
}
INLINE int64_t Most(int64_t a, int64_t b) {
  return a > b ? a : b;
}
INLINE void Clear(float* at, int64_t count) {
  for (int64_t i = 0; i < count; ++i) at[i] = 0;
}

// A number that the compiler knows.
template <int kValue>
struct Constant {
  constexpr operator int() const { return kValue; }
};

// Numbers needn't lie on a vector's boundary.
INLINE Vec Load(const float* from) {
  Vec v;
  __builtin_memcpy(&v, from, sizeof(v));
  return v;
}
INLINE void Store(float* to, Vec v) {
  __builtin_memcpy(to, &v, sizeof(v));
}

// What a float's place holds: a number, or a cell of two bfloat16, of neighboring channels or of neighboring tiles.
enum class Cells { kNumbers, kChannels, kTiles };
constexpr Cells kFactors = kBfloat16 ? Cells::kChannels : Cells::kNumbers;
constexpr Cells kFactorsOfSums = kBfloat16 ? Cells::kTiles : Cells::kNumbers;
constexpr int64_t kNumbers = kBfloat16 ? 2 : 1;  // in a cell

using Bits = uint32_t __attribute__((vector_size(kLanes * sizeof(float))));

// Numbers as bfloat16, rounded to the nearest, ties to even, in the lower halves of the lanes; not NaN.
INLINE Bits Rounded(Vec v) {
#if defined(RESNET_BF16)
  return reinterpret_cast<Bits>(_mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(v))));
#else
  const Bits bits = reinterpret_cast<Bits>(v);
  return (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
#endif
}

// A number, or a cell, in all lanes.
INLINE Vec Everywhere(const float* at) {
  uint32_t bits;
  __builtin_memcpy(&bits, at, sizeof(bits));
  return reinterpret_cast<Vec>(bits - Bits{});
}

INLINE Vec Product(Vec a, Vec b, Vec sum) {
#if defined(RESNET_BF16)
  return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b));
#else
  if (!kBfloat16) return sum + a * b;
  const Bits c = reinterpret_cast<Bits>(a), d = reinterpret_cast<Bits>(b);
  return sum + reinterpret_cast<Vec>(c << 16) * reinterpret_cast<Vec>(d << 16) +
         reinterpret_cast<Vec>(c & 0xffff0000u) * reinterpret_cast<Vec>(d & 0xffff0000u);
#endif
}

// Cells of a number of `a` and of the one of `b` at the same place.
INLINE Vec Paired(Vec a, Vec b) {
#if defined(RESNET_BF16)
  using Halves = uint16_t __attribute__((vector_size(kLanes * sizeof(float))));
  constexpr Halves order = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                            8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const auto rounded = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(b, a));
  return reinterpret_cast<Vec>(_mm512_permutexvar_epi16(reinterpret_cast<__m512i>(order), rounded));
#else
  return reinterpret_cast<Vec>(Rounded(a) | Rounded(b) << 16);
#endif
}

// The place of a tile's channel in a block.
template <Cells kCells>
INLINE float* PlaceOf(float* block, int64_t group_size, int64_t tile, int64_t channel) {
  float* group = block + channel / kGroup * group_size;
  if (kCells == Cells::kNumbers) return group + tile * kGroup + channel % kGroup;
  if (kCells == Cells::kChannels) return group + tile * kGroup + channel % kGroup / 2;
  return group + tile / 2 * kGroup + channel % kGroup;
}

// Stores a vector of channels of a tile.
template <Cells kCells>
INLINE void Put(float* at, Vec v) {
  static_assert(kCells != Cells::kTiles);
  if (kCells == Cells::kNumbers) {
    Store(at, v);
  } else {
#if defined(RESNET_BF16)
    const __m256bh half = _mm512_cvtneps_pbh(v);
#else
    const Bits bits = Rounded(v);
    uint16_t half[kLanes];
    for (int i = 0; i < kLanes; ++i) half[i] = static_cast<uint16_t>(bits[i]);
#endif
    __builtin_memcpy(at, &half, sizeof(half));
  }
}

#include "convolution/winograd/transforms.h"

// Where the tiles of F lie in the images.
struct Tiles {
  explicit Tiles(const WinogradShape& s)
      : h(s.h),
        w(s.w),
        rows(CeilDiv(s.h, Transform::kOut)),
        columns(CeilDiv(s.w, Transform::kOut)),
        count(s.batch * rows * columns) {}

  // The tile's image, and its first result's place.
  struct Place {
    int64_t image, y, x;
  };
  Place At(int64_t tile) const {
    const int64_t row = tile / columns;
    return {row / rows, row % rows * Transform::kOut, tile % columns * Transform::kOut};
  }

  // The first pixel of the result that a row of tiles has.
  int64_t Pixel(int64_t first_of_row) const {
    const auto place = At(first_of_row);
    return (place.image * h + place.y) * w;
  }

  int64_t h, w, rows, columns, count;
};

// The scratch memory's sizes, in numbers.
struct Block {
  int64_t tiles;  // that fit into it
  int64_t plane;  // from a plane to the next
  int64_t group;  // from a group of channels to the next
};

INLINE Block MakeBlock(int64_t tiles, int64_t planes) {
  // Odd counts of lines from a plane to the next and from a group to the next, lest those of a tile share few sets of
  // the cache.
  const int64_t lines = tiles | 1;
  return {tiles, lines * kGroup, (planes * lines | 1) * kGroup};
}

// The products leave the memory idle, and a transform waits for it: its tiles are 6 short pieces of rows, which the
// processor doesn't foresee. So between the products what the transforms will touch next is asked for, some lines at a
// time.
class Ahead {
 public:
  explicit Ahead(int64_t calls) : calls_(calls) {}

  // All pixels or windows, of c channels, of the rows of `count` tiles from the tile `begin`, which will be read, or
  // written.
  void Add(const Tiles& tiles, const Maps& maps, int64_t c, int64_t begin, int64_t count, bool written) {
    if (begin >= tiles.count) return;
    const auto first = tiles.At(begin), last = tiles.At(Least(begin + count, tiles.count) - 1);
    const int64_t end = last.image * tiles.h + Least(tiles.h, last.y + Transform::kOut + 1);
    const int64_t row = tiles.w * c, windows = maps.places ? 4 : 1;
    Span& span = spans_[used_++];
    span.at = reinterpret_cast<const char*>(maps.values + (first.image * tiles.h + first.y) * row / windows);
    span.end = reinterpret_cast<const char*>(maps.values + end * row / windows);
    span.step = CeilDiv(CeilDiv(span.end - span.at, kLine), calls_) * kLine;
    span.written = written;
  }

  INLINE void Fetch() {
    for (Span& span : spans_) {
      const char* end = span.at + span.step < span.end ? span.at + span.step : span.end;
      if (span.written) {
        for (; span.at < end; span.at += kLine) __builtin_prefetch(span.at, 1, 2);
      } else {
        for (; span.at < end; span.at += kLine) __builtin_prefetch(span.at, 0, 2);
      }
    }
  }

 private:
  static constexpr int64_t kLine = 64;
  struct Span {
    const char *at = nullptr, *end = nullptr;
    int64_t step = 0;
    bool written = false;
  };
  Span spans_[3];
  int used_ = 0;
  int64_t calls_;
};

#include "convolution/winograd/tiles.h"

// --- Products: sums stay in the registers, as in the direct kernels ---

// Tiles x vectors of channels of a product: their sums, the weights and a value fill the registers. Where channels are
// too few for two vectors, twice the tiles.
constexpr int kWideRows = kLanes == 16 ? 14 : 6, kNarrowRows = kLanes == 16 ? 28 : 12;

// R tiles of one plane by N vectors of the result's channels. u [cells of channels of the source][N * kLanes].
template <int R, int N>
void Multiply(const float* v, int64_t groups, int64_t group_size, const float* u, float* m) {
  Vec sums[R][N];
#pragma GCC unroll 32
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (int n = 0; n < N; ++n) sums[r][n] = Vec{};
  }
  for (int64_t group = 0; group < groups; ++group, v += group_size) {
#pragma GCC unroll 4
    for (int k = 0; k < kGroup / kNumbers; ++k, u += N * kLanes) {
      Vec weights[N];
#pragma GCC unroll 2
      for (int n = 0; n < N; ++n) weights[n] = Load(u + n * kLanes);
#pragma GCC unroll 32
      for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
        for (int n = 0; n < N; ++n) sums[r][n] = Product(Everywhere(v + r * kGroup + k), weights[n], sums[r][n]);
      }
    }
  }
#pragma GCC unroll 2
  for (int n = 0; n < N; ++n) {
    float* to = m + n / kHalves * group_size + n % kHalves * kLanes;
#pragma GCC unroll 32
    for (int r = 0; r < R; ++r) Store(to + r * kGroup, sums[r][n]);
  }
}

// R channels of the input by N vectors of the output's, added up over the cells of tiles of one plane. sums [R][N *
// kLanes].
template <int R, int N>
void MultiplyTransposed(const float* v, const float* q, int64_t group_size, int64_t cells, float* sums) {
  Vec sum[R][N];
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (int n = 0; n < N; ++n) sum[r][n] = Load(sums + (r * N + n) * kLanes);
  }
  const float* other = q + (N - 1) / kHalves * group_size + (N - 1) % kHalves * kLanes;
#pragma GCC unroll 2
  for (int64_t t = 0; t < cells; ++t, v += kGroup, q += kGroup, other += kGroup) {
    const Vec vectors[2] = {Load(q), Load(other)};
#pragma GCC unroll 16
    for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
      for (int n = 0; n < N; ++n) sum[r][n] = Product(Everywhere(v + r), vectors[n], sum[r][n]);
    }
  }
#pragma GCC unroll 16
  for (int r = 0; r < R; ++r) {
#pragma GCC unroll 2
    for (int n = 0; n < N; ++n) Store(sums + (r * N + n) * kLanes, sum[r][n]);
  }
}

template <int N, int... R>
constexpr auto MultiplyTable(std::integer_sequence<int, R...>) {
  struct {
    decltype(&Multiply<1, N>) of[sizeof...(R)];
  } table{{&Multiply<R + 1, N>...}};
  return table;
}
constexpr auto kMultiplyWide = MultiplyTable<2>(std::make_integer_sequence<int, kWideRows>());
constexpr auto kMultiplyNarrow = MultiplyTable<1>(std::make_integer_sequence<int, kNarrowRows>());

// --- The filter, [3][3][in][out] ---

// A row of planes of a filter's channel `i` of the source and `lane` of the result: G g G^T.
INLINE void TransformLane(const float* filter, int64_t in, int64_t out, int row, int64_t i, int64_t lane,
                          Vec (&planes)[Transform::kIn]) {
  constexpr int64_t ahead = 8;
  Vec g[3];
#pragma GCC unroll 3
  for (int b = 0; b < 3; ++b) {
    g[b] = Vec{};
#pragma GCC unroll 3
    for (int a = 0; a < 3; ++a) {
      const float* at = filter + ((a * 3 + b) * in + i) * out + lane;
      __builtin_prefetch(at + ahead * out);
      g[b] += Transform::kG[row][a] * Load(at);
    }
  }
#pragma GCC unroll 8
  for (int j = 0; j < Transform::kIn; ++j) {
    planes[j] = Transform::kG[j][0] * g[0] + Transform::kG[j][1] * g[1] + Transform::kG[j][2] * g[2];
  }
}

// A row of planes for one panel of the result's channels, from the channel `o`: u [planes in a row][cells of in][N *
// kLanes].
template <int N>
void TransformFilter(const float* filter, int64_t in, int64_t out, int row, int64_t o, float* u) {
  constexpr int n = Transform::kIn;
  constexpr int64_t panel = N * kLanes;
  for (int64_t i = 0; i < in; i += kNumbers, u += panel) {
#pragma GCC unroll 2
    for (int64_t lane = 0; lane < panel; lane += kLanes) {
      Vec planes[n], next[n];
      TransformLane(filter, in, out, row, i, o + lane, planes);
      if (kBfloat16) TransformLane(filter, in, out, row, i + 1, o + lane, next);
#pragma GCC unroll 8
      for (int j = 0; j < n; ++j) {
        Store(u + j * in / kNumbers * panel + lane, kBfloat16 ? Paired(planes[j], next[j]) : planes[j]);
      }
    }
  }
}

#if defined(__clang__)
#define SHUFFLE(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define SHUFFLE(a, b, ...) __builtin_shuffle(a, b, Order{__VA_ARGS__})
#endif

// 8 x 8 numbers, transposed.
INLINE void Transpose(const float* from, int64_t from_row, float* to, int64_t to_row) {
  using Row = float __attribute__((vector_size(32)));
  [[maybe_unused]] typedef int Order __attribute__((vector_size(32)));
  Row r[8], s[8];
#pragma GCC unroll 8
  for (int i = 0; i < 8; ++i) __builtin_memcpy(&r[i], from + i * from_row, sizeof(Row));
#pragma GCC unroll 4
  for (int i = 0; i < 8; i += 2) {
    s[i] = SHUFFLE(r[i], r[i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
    s[i + 1] = SHUFFLE(r[i], r[i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const int pair = i / 2 * 4 + i % 2;
    r[i / 2 * 4 + i % 2 * 2] = SHUFFLE(s[pair], s[pair + 2], 0, 1, 8, 9, 4, 5, 12, 13);
    r[i / 2 * 4 + i % 2 * 2 + 1] = SHUFFLE(s[pair], s[pair + 2], 2, 3, 10, 11, 6, 7, 14, 15);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const Row low = SHUFFLE(r[i], r[i + 4], 0, 1, 2, 3, 8, 9, 10, 11);
    __builtin_memcpy(to + i * to_row, &low, sizeof(Row));
    const Row high = SHUFFLE(r[i], r[i + 4], 4, 5, 6, 7, 12, 13, 14, 15);
    __builtin_memcpy(to + (i + 4) * to_row, &high, sizeof(Row));
  }
}

// The filter of the input's gradient: turned by 180 degrees, channels exchanged.
inline void Turn(const float* filter, int64_t in, int64_t out, int tap, float* to) {
  to += tap * in * out;
  const float* from = filter + (8 - tap) * in * out;
  for (int64_t i = 0; i < in; i += 8) {
    for (int64_t o = 0; o < out; o += 8) Transpose(from + i * out + o, out, to + o * in + i, in);
  }
}

// G^T s G: 16 channels of the input by a panel of the output's.
template <int N>
void TransformSums(const float* s, int64_t plane, int64_t in, int64_t out, int64_t first_in, int64_t first_out,
                   float* dfilter) {
  constexpr int n = Transform::kIn;
  constexpr int64_t panel = N * kLanes;
  for (int64_t i = 0; i < kGroup; ++i) {
    for (int64_t lane = 0; lane < panel; lane += kLanes) {
      const float* from = s + i * panel + lane;
      float* to = dfilter + (first_in + i) * out + first_out + lane;
      Vec rows[3][n];
#pragma GCC unroll 8
      for (int j = 0; j < n; ++j) {
        Vec sums[3] = {};
#pragma GCC unroll 8
        for (int k = 0; k < n; ++k) {
          const Vec value = Load(from + (k * n + j) * plane);
#pragma GCC unroll 3
          for (int a = 0; a < 3; ++a) sums[a] += Transform::kG[k][a] * value;
        }
#pragma GCC unroll 3
        for (int a = 0; a < 3; ++a) rows[a][j] = sums[a];
      }
#pragma GCC unroll 3
      for (int a = 0; a < 3; ++a) {
#pragma GCC unroll 3
        for (int b = 0; b < 3; ++b) {
          Vec sum{};
#pragma GCC unroll 8
          for (int k = 0; k < n; ++k) sum += Transform::kG[k][b] * rows[a][k];
          Store(to + (a * 3 + b) * in * out, sum);
        }
      }
    }
  }
}

// --- Whole convolutions ---

// The transformed filter is four times the filter. Where that is too much for the third cache, blocks are large, and in
// a block's time each part of it is needed once: it is made where it is used, and doesn't go through the memory.
constexpr int64_t kLargeFilter = 16 << 20, kLargeBlock = 160;

// Tiles in a block: the scratch memory shall fill about half of the second cache. `multiple` of them are multiplied at
// a time.
inline int64_t TilesInBlock(int64_t tiles, int64_t bytes_of_tile, int64_t bytes_of_filter, int64_t multiple) {
  if (bytes_of_filter > kLargeFilter) return CeilDiv(tiles, CeilDiv(tiles, kLargeBlock));
  const int64_t fit = Least(Most((540 << 10) / bytes_of_tile, 12), 56);
  return Most(multiple, fit / multiple * multiple);
}

// Tiles in a block of the filter's gradient. Its sums are read and written once a block, and wait in the third cache;
// blocks are large where they are too many for it.
constexpr int64_t kTilesOfSums = 48 * kNumbers, kManySums = 8 << 20;

// One plane of `count` tiles times one panel of the weights.
template <int N>
void MultiplyPanel(const float* v, const float* u, int64_t in, int64_t count, const Block& block, float* m,
                   Ahead* ahead) {
  constexpr int most = N == 2 ? kWideRows : kNarrowRows;
  const int64_t parts = CeilDiv(count, most);
  int64_t first = 0;
  for (int64_t part = 0; part < parts; ++part) {
    // Parts of nearly equal sizes, as the smallest tiles of registers are slow.
    const int64_t next = count * (part + 1) / parts, rows = next - first;
    const auto multiply = N == 2 ? kMultiplyWide.of[rows - 1] : kMultiplyNarrow.of[rows - 1];
    ahead->Fetch();
    multiply(v + first * kGroup, in / kGroup, block.group, u, m + first * kGroup);
    first = next;
  }
}

// How a convolution is cut into blocks of tiles, panels of the result's channels and parts of the transformed filter.
template <int N>
struct Plan {
  static constexpr int n = Transform::kIn;
  static constexpr int64_t kPanel = N * kLanes;

  explicit Plan(const WinogradShape& s)
      : tiles(s),
        large(FilterBytes(s) > kLargeFilter),
        rows(s.batch * tiles.rows),
        blocks(CeilDiv(rows, Most(1, TilesInBlock(tiles.count, n * n * Most(s.in_c, s.out_c) * sizeof(float),
                                                  FilterBytes(s), N == 2 ? kWideRows : kNarrowRows) /
                                         tiles.columns))),
        most(CeilDiv(rows, blocks) * tiles.columns),
        panels(s.out_c / kPanel),
        part(n * s.in_c / kNumbers * kPanel) {}

  static int64_t FilterBytes(const WinogradShape& s) { return n * n * s.in_c / kNumbers * s.out_c * sizeof(float); }

  Tiles tiles;
  bool large;
  // Where a block's rows of tiles begin.
  int64_t Row(int64_t block) const { return rows * block / blocks; }

  int64_t rows, blocks, most, panels, part;  // most tiles in a block
};

template <int N>
void Correlate(const Correlation& given, const float* transformed, int64_t first_block, int64_t end_block) {
  const auto& [s, x, filter, addend, y, places, epilogue] = given;
  const Plan<N> plan(s);
  constexpr int n = Plan<N>::n;
  constexpr int64_t panel = Plan<N>::kPanel;
  const Tiles& tiles = plan.tiles;
  const Block block = MakeBlock(plan.most, n * n + n);
  float* scratch = Scratch(kSource, Most(s.in_c, s.out_c) / kGroup * block.group);
  const float* zeros = Scratch(kZeros, n * s.in_c);
  float* made = plan.large ? Scratch(kSums, plan.part) : nullptr;
  for (int64_t i = first_block; i < end_block; ++i) {
    const int64_t begin = plan.Row(i) * tiles.columns, end = plan.Row(i + 1) * tiles.columns, count = end - begin;
    TransformInputs<kFactors>(tiles, x, s.in_c, zeros, begin, count, block, scratch + n * block.plane);
    Ahead ahead(n * n * plan.panels * CeilDiv(count, N == 2 ? kWideRows : kNarrowRows));
    ahead.Add(tiles, x, s.in_c, begin + count, plan.most, false);
    ahead.Add(tiles, {y, places}, s.out_c, begin, count, true);
    if (addend && addend != y) ahead.Add(tiles, {addend}, s.out_c, begin, count, false);
    for (int row = 0; row < n; ++row) {
      for (int64_t p = 0; p < plan.panels; ++p) {
        if (plan.large) TransformFilter<N>(filter, s.in_c, s.out_c, row, p * panel, made);
        const float* weights = plan.large ? made : transformed + (row * plan.panels + p) * plan.part;
        for (int j = 0; j < n; ++j) {
          float* m = scratch + (row * n + j) * block.plane;
          float* to = m + p * panel / kGroup * block.group + p * panel % kGroup;
          MultiplyPanel<N>(m + n * block.plane, weights + j * s.in_c / kNumbers * panel, s.in_c, count, block, to,
                           &ahead);
        }
      }
    }
    if (places) {
      PoolOutputs(tiles, scratch, block, begin, count, s.out_c, y, places);
    } else {
      TransformOutputs(tiles, scratch, block, begin, count, s.out_c, addend, y);
    }
    if (epilogue) epilogue->Apply(i, tiles.Pixel(begin), tiles.Pixel(end) - tiles.Pixel(begin));
  }
}

// One plane of `count` cells of tiles: 16 channels of the input by a panel of the output's.
template <int N>
void MultiplyGroup(const float* v, const float* q, int64_t count, const Block& block, float* sums) {
  constexpr int64_t panel = N * kLanes;
  if constexpr (kLanes == 16) {
    constexpr int rows = N == 2 ? 8 : 16;
    for (int r = 0; r < kGroup; r += rows) MultiplyTransposed<rows, N>(v + r, q, block.group, count, sums + r * panel);
  } else {
    MultiplyTransposed<6, N>(v, q, block.group, count, sums);
    MultiplyTransposed<5, N>(v + 6, q, block.group, count, sums + 6 * panel);
    MultiplyTransposed<5, N>(v + 11, q, block.group, count, sums + 11 * panel);
  }
}

template <int N>
void SumOverTiles(const WinogradShape& s, const float* x, const Maps& dy, float* dfilter) {
  constexpr int planes = Transform::kIn * Transform::kIn;
  constexpr int64_t panel = N * kLanes;
  const Tiles tiles(s);
  const bool many = planes * s.in_c * s.out_c * int64_t{sizeof(float)} > kManySums;
  const int64_t blocks = CeilDiv(tiles.count, many ? kLargeBlock * kNumbers : kTilesOfSums);
  const int64_t most = CeilDiv(tiles.count, blocks);
  const Block block = MakeBlock(CeilDiv(most, kNumbers), planes);
  const int64_t groups = s.in_c / kGroup, parts = s.out_c / panel, part = kGroup * panel;
  // A line more from a plane to the next, lest a transform read from few sets of the cache.
  const int64_t plane_size = (blocks > 1 ? groups * parts : 1) * part + kGroup;
  float* sums = Scratch(kSums, planes * plane_size);
  float* v = Scratch(kSource, groups * block.group);
  float* q = Scratch(kGradient, s.out_c / kGroup * block.group);
  const float* zeros = Scratch(kZeros, Most(Transform::kIn * s.in_c, s.out_c));
  if (blocks > 1) Clear(sums, planes * plane_size);
  for (int64_t i = 0; i < blocks; ++i) {
    const int64_t begin = tiles.count * i / blocks, count = tiles.count * (i + 1) / blocks - begin;
    TransformInputs<kFactorsOfSums>(tiles, {x}, s.in_c, zeros, begin, count, block, v);
    TransformGradients<kFactorsOfSums>(tiles, dy, s.out_c, zeros, begin, count, block, q);
    Ahead ahead(planes * parts * groups);
    ahead.Add(tiles, {x}, s.in_c, begin + count, most, false);
    ahead.Add(tiles, dy, s.out_c, begin + count, most, false);
    const auto multiply = [&](int plane, int64_t p, int64_t group, float* to) {
      const float* vectors = q + p * panel / kGroup * block.group + p * panel % kGroup;
      MultiplyGroup<N>(v + group * block.group + plane * block.plane, vectors + plane * block.plane,
                       CeilDiv(count, kNumbers), block, to);
    };
    if (blocks == 1) {
      // The sums of all planes are complete at once, and never all there.
      for (int64_t p = 0; p < parts; ++p) {
        for (int64_t group = 0; group < groups; ++group) {
          Clear(sums, planes * plane_size);
          for (int plane = 0; plane < planes; ++plane) multiply(plane, p, group, sums + plane * plane_size);
          TransformSums<N>(sums, plane_size, s.in_c, s.out_c, group * kGroup, p * panel, dfilter);
        }
      }
      return;
    }
    // The sums lie in the order in which they are read and written.
    for (int plane = 0; plane < planes; ++plane) {
      float* to = sums + plane * plane_size;
      for (int64_t p = 0; p < parts; ++p) {
        for (int64_t group = 0; group < groups; ++group, to += part) {
          ahead.Fetch();
          multiply(plane, p, group, to);
        }
      }
    }
  }
  for (int64_t p = 0; p < parts; ++p) {
    for (int64_t group = 0; group < groups; ++group) {
      TransformSums<N>(sums + (p * groups + group) * part, plane_size, s.in_c, s.out_c, group * kGroup, p * panel,
                       dfilter);
    }
  }
}

// --- The table ---

// Panels of the weights are two vectors wide, but one for an odd group of 16 channels.
inline bool IsWide(const WinogradShape& s) {
  return s.out_c % (2 * kLanes) == 0;
}

inline int64_t FilterParts(const WinogradShape& s) {
  return Transform::kIn * (IsWide(s) ? Plan<2>(s).panels : Plan<1>(s).panels);
}

inline int64_t FilterPartSize(const WinogradShape& s) {
  return IsWide(s) ? Plan<2>(s).part : Plan<1>(s).part;
}

inline bool HasLargeFilter(const WinogradShape& s) {
  return Plan<1>::FilterBytes(s) > kLargeFilter;
}

inline int64_t Blocks(const WinogradShape& s) {
  return IsWide(s) ? Plan<2>(s).blocks : Plan<1>(s).blocks;
}

template <int N>
void TransformPart(const WinogradShape& s, const float* filter, int64_t i, float* to) {
  const int64_t panels = s.out_c / (N * kLanes);
  TransformFilter<N>(filter, s.in_c, s.out_c, static_cast<int>(i / panels), i % panels * N * kLanes, to);
}

inline void TransformFilterPart(const WinogradShape& s, const float* filter, int64_t i, float* to) {
  IsWide(s) ? TransformPart<2>(s, filter, i, to) : TransformPart<1>(s, filter, i, to);
}

inline void CorrelateBlocks(const Correlation& given, const float* transformed, int64_t first, int64_t end) {
  IsWide(given.shape) ? Correlate<2>(given, transformed, first, end) : Correlate<1>(given, transformed, first, end);
}

inline void FilterGradientOf(const WinogradShape& s, const float* x, const Maps& dy, float* dfilter) {
  IsWide(s) ? SumOverTiles<2>(s, x, dy, dfilter) : SumOverTiles<1>(s, x, dy, dfilter);
}

const WinogradKernels kKernels{FilterParts, FilterPartSize,  HasLargeFilter, TransformFilterPart,
                               Blocks,      CorrelateBlocks, Turn,           FilterGradientOf};
