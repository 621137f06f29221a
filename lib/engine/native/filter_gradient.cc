// The filter's gradient: for each tap, input channel and output channel a sum over all pixels of all pictures.

#include <algorithm>
#include <cstring>

#include "convolution.h"
#include "padded_image.h"
#include "parallel.h"

namespace resnet {
namespace {

// Pixels of dy that a tile goes through at a time: with what it sees of x they stay in the first cache.
constexpr int64_t kPixels = 256;

// Sums that cost little to have several times.
constexpr int64_t kSmallSums = 65536;

// Some pictures, or some rows of one, as they lie in the scratch memory:
// x [in_c / 6][image][row][column][6] with margins, dy [out_c / 16][image][row][column][16].
struct Chunk {
  int64_t images, rows, columns;     // of dy
  int64_t in_rows, in_columns;       // of x
  int64_t row_step, column_step;     // in x, in numbers, from one pixel of dy to the next
};

// One block of channels of all pixels of x in a chunk. Rows and columns outside the picture are zeros. To copy a constant count
// of channels is a few moves.
template <int Channels>
void PackInput(const PaddedImage& image, const Chunk& chunk, const float* x, int64_t first_row, float* to) {
  for (int64_t i = 0; i < chunk.images; ++i, x += image.h * image.w * image.c) {
    for (int64_t y = first_row - image.top; y < first_row - image.top + chunk.in_rows; ++y) {
      const bool row_inside = y >= 0 && y < image.h;
      for (int64_t column = -image.left; column < image.w + image.right; ++column, to += kRows) {
        const bool inside = row_inside && column >= 0 && column < image.w;
        if (inside) {
          std::memcpy(to, x + (y * image.w + column) * image.c, Channels * sizeof(float));
        } else {
          std::memset(to, 0, Channels * sizeof(float));
        }
      }
    }
  }
}

// 16 output channels of R input channels of one tap, added up over a chunk.
template <int R>
RESNET_FAST void Tile(const Chunk& chunk, const float* x, const float* dy, float* sums) {
  Vector sum[R][2];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
    sum[r][0] = VectorAt(sums + r * kLanes);
    sum[r][1] = VectorAt(sums + r * kLanes + 8);
  }
  for (int64_t i = 0; i < chunk.images; ++i) {
    for (int64_t y = 0; y < chunk.rows; ++y) {
      const float* at = x + i * chunk.in_rows * chunk.in_columns * kRows + y * chunk.row_step;
      for (int64_t column = 0; column < chunk.columns; ++column, at += chunk.column_step, dy += kLanes) {
        const Vector low = VectorAt(dy), high = VectorAt(dy + 8);
#pragma GCC unroll 8
        for (int r = 0; r < R; ++r) {
          sum[r][0] += at[r] * low;
          sum[r][1] += at[r] * high;
        }
      }
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r) {
    VectorAt(sums + r * kLanes) = sum[r][0];
    VectorAt(sums + r * kLanes + 8) = sum[r][1];
  }
}

constexpr decltype(&Tile<1>) kTiles[] = {nullptr, Tile<1>, Tile<2>, Tile<3>, Tile<4>, Tile<5>, Tile<6>};
constexpr decltype(&PackInput<1>) kPackInput[] = {nullptr,      PackInput<1>, PackInput<2>, PackInput<3>,
                                                  PackInput<4>, PackInput<5>, PackInput<6>};

// The gradient over one thread's pictures, into `sums` [out_c / 16][in_c / 6][tap][6][16].
class Share {
 public:
  Share(const Convolution& shape, const float* x, const float* dy, float* sums)
      : s_(shape), image_(PaddedInput(shape)), x_(x), dy_(dy), sums_(sums) {}

  void Add(int64_t begin, int64_t end) {
    const int64_t rows = std::clamp<int64_t>(kPixels / s_.out_w, 1, s_.out_h);
    const int64_t images = std::max<int64_t>(1, kPixels / (s_.out_h * s_.out_w));
    for (int64_t image = begin; image < end; image += images) {
      for (int64_t row = 0; row < s_.out_h; row += rows) {
        AddChunk(image, std::min(images, end - image), row, std::min(rows, s_.out_h - row));
      }
    }
  }

 private:
  void AddChunk(int64_t image, int64_t images, int64_t row, int64_t rows) {
    const int64_t in_rows = (rows - 1) * s_.stride_h + s_.kernel_h, in_columns = image_.Columns();
    const Chunk chunk{images,  rows,       s_.out_w,
                      in_rows, in_columns, s_.stride_h * in_columns * kRows, s_.stride_w * kRows};
    const int64_t blocks = CeilDiv(s_.in_c, kRows), panels = CeilDiv(s_.out_c, kLanes);
    const int64_t block_size = images * in_rows * in_columns * kRows;
    const int64_t pixels = rows * s_.out_w, panel_size = images * pixels * kLanes;
    float* x = Scratch(0, blocks * block_size);
    float* dy = Scratch(1, panels * panel_size);
    const float* from = x_ + image * s_.in_h * s_.in_w * s_.in_c;
    for (int64_t block = 0; block < blocks; ++block) {
      const int64_t channels = std::min(kRows, s_.in_c - block * kRows);
      kPackInput[channels](image_, chunk, from + block * kRows, row * s_.stride_h, x + block * block_size);
    }
    for (int64_t i = 0; i < images; ++i) {
      const float* gradient = dy_ + ((image + i) * s_.out_h + row) * s_.out_w * s_.out_c;
      PackGradient(gradient, pixels, dy + i * pixels * kLanes, panel_size);
    }
    const int64_t taps = s_.kernel_h * s_.kernel_w;
    float* sums = sums_;
    for (int64_t panel = 0; panel < panels; ++panel) {
      for (int64_t block = 0; block < blocks; ++block) {
        const auto tile = kTiles[std::min(kRows, s_.in_c - block * kRows)];
        for (int64_t tap = 0; tap < taps; ++tap, sums += kRows * kLanes) {
          const int64_t at = (tap / s_.kernel_w * in_columns + tap % s_.kernel_w) * kRows;
          tile(chunk, x + block * block_size + at, dy + panel * panel_size, sums);
        }
      }
    }
  }

  void PackGradient(const float* from, int64_t pixels, float* to, int64_t panel_size) const {
    for (int64_t first = 0; first < s_.out_c; first += kLanes, to += panel_size) {
      const int64_t lanes = std::min(kLanes, s_.out_c - first);
      for (int64_t i = 0; i < pixels; ++i) {
        const float* pixel = from + i * s_.out_c + first;
        if (lanes == kLanes) {
          std::memcpy(to + i * kLanes, pixel, kLanes * sizeof(float));
        } else {
          std::fill_n(std::copy_n(pixel, lanes, to + i * kLanes), kLanes - lanes, 0.0f);
        }
      }
    }
  }

  const Convolution& s_;
  const PaddedImage image_;
  const float* x_;
  const float* dy_;
  float* sums_;
};

}  // namespace

void FilterGradient(const Convolution& s, const float* x, const float* dy, float* dfilter) {
  const int64_t blocks = CeilDiv(s.in_c, kRows), panels = CeilDiv(s.out_c, kLanes), taps = s.kernel_h * s.kernel_w;
  const int64_t size = panels * blocks * taps * kRows * kLanes;
  // Each share has pictures and sums of its own, always the same pictures, so that the result is always the same. Where the
  // sums are small there are more shares than cores: a core that is kept from its work then leaves some to the others.
  const int64_t wanted = size < kSmallSums ? 4 * Cores() : Cores();
  const int64_t shares = std::min(wanted, s.batch);
  Buffer sums = NewBuffer(shares * size);
  Parallel(shares, [&](int i) {
    float* mine = sums.get() + i * size;
    std::fill_n(mine, size, 0.0f);
    Share(s, x, dy, mine).Add(s.batch * i / shares, s.batch * (i + 1) / shares);
  });
  Parallel(taps, [&](int tap) {
    for (int64_t in = 0; in < s.in_c; ++in) {
      float* to = dfilter + (tap * s.in_c + in) * s.out_c;
      for (int64_t out = 0; out < s.out_c; ++out) {
        const int64_t tile = ((out / kLanes) * blocks + in / kRows) * taps + tap;
        const float* from = sums.get() + (tile * kRows + in % kRows) * kLanes + out % kLanes;
        float total = 0;
        for (int64_t i = 0; i < shares; ++i) total += from[i * size];
        to[out] = total;
      }
    }
  });
}

}  // namespace resnet
