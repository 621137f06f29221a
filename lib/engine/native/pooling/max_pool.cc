// Pooling is bound by memory: each row of windows is taken by itself, all of its channels side by side.

#include "pooling/max_pool.h"

#include <algorithm>
#include <vector>

#include "shared/fast.h"
#include "shared/parallel.h"
#include "shared/scratch.h"

namespace resnet {
namespace {

// Numbers of x that a task takes, at least, if there are so many.
constexpr int64_t kNumbersPerTask = 65536;

RESNET_FAST void Largest(int64_t channels, const float* __restrict x, float* __restrict y) {
  for (int64_t c = 0; c < channels; ++c) {
    // What isn't a number is kept.
    y[c] = y[c] >= x[c] || y[c] != y[c] ? y[c] : x[c];
  }
}

// Gives the gradient that is left to where x is the largest, and leaves none of it.
RESNET_FAST void Give(int64_t channels, const float* __restrict x, const float* __restrict y, float* __restrict left,
                      float* __restrict dx) {
  for (int64_t c = 0; c < channels; ++c) {
    const bool is_largest = x[c] == y[c];
    dx[c] = is_largest ? left[c] : 0;
    left[c] = is_largest ? 0 : left[c];
  }
}

RESNET_FAST void GiveTo(int64_t channels, uint8_t place, const float* __restrict dy, const uint8_t* __restrict places,
                        float* __restrict dx) {
  for (int64_t c = 0; c < channels; ++c) dx[c] = places[c] == place ? dy[c] : 0;
}

// Calls `work(row)` for each row of windows of all images, several at once.
template <class Work>
void ForRows(const Pooling& s, Work work) {
  const int64_t rows = s.images * s.OutH();
  const int64_t at_once = std::max<int64_t>(1, kNumbersPerTask / (s.window_h * s.in_w * s.channels));
  Parallel(CeilDiv(rows, at_once), [&](int task) {
    for (int64_t row = task * at_once; row < std::min(rows, (task + 1) * at_once); ++row) work(row);
  });
}

// Where a window begins.
int64_t At(const Pooling& s, int64_t row, int64_t column) {
  const int64_t image = row / s.OutH(), y = row % s.OutH() * s.window_h;
  return ((image * s.in_h + y) * s.in_w + column * s.window_w) * s.channels;
}

}  // namespace

void MaxPool(const Pooling& s, const float* x, float* y) {
  ForRows(s, [&](int64_t row) {
    for (int64_t column = 0; column < s.OutW(); ++column) {
      const float* from = x + At(s, row, column);
      float* to = y + (row * s.OutW() + column) * s.channels;
      std::copy_n(from, s.channels, to);
      for (int64_t i = 1; i < s.window_h * s.window_w; ++i) {
        Largest(s.channels, from + (i / s.window_w * s.in_w + i % s.window_w) * s.channels, to);
      }
    }
  });
}

void MaxPoolGradient(const Pooling& s, const float* x, const float* y, const float* dy, float* dx) {
  const int64_t row_size = s.in_w * s.channels, right = s.OutW() * s.window_w * s.channels;
  ForRows(s, [&](int64_t row) {
    std::vector<float> left(s.channels);
    for (int64_t column = 0; column < s.OutW(); ++column) {
      const int64_t from = At(s, row, column), to = (row * s.OutW() + column) * s.channels;
      std::copy_n(dy + to, s.channels, left.data());
      for (int64_t i = 0; i < s.window_h * s.window_w; ++i) {
        const int64_t pixel = from + i / s.window_w * row_size + i % s.window_w * s.channels;
        Give(s.channels, x + pixel, y + to, left.data(), dx + pixel);
      }
    }
    // What fills no window has no part in y: columns at the right, and rows below the last window.
    float* rows = dx + At(s, row, 0);
    for (int64_t i = 0; i < s.window_h; ++i) std::fill(rows + i * row_size + right, rows + (i + 1) * row_size, 0.0f);
    if (row % s.OutH() == s.OutH() - 1) {
      std::fill_n(rows + s.window_h * row_size, s.in_h % s.window_h * row_size, 0.0f);
    }
  });
}

void MaxPoolGradientByPlaces(const Pooling& s, const float* dy, const uint8_t* places, float* dx) {
  ForRows(s, [&](int64_t row) {
    for (int64_t column = 0; column < s.OutW(); ++column) {
      const int64_t from = (row * s.OutW() + column) * s.channels;
      for (uint8_t i = 0; i < 4; ++i) {
        GiveTo(s.channels, i, dy + from, places + from,
               dx + At(s, row, column) + (i / 2 * s.in_w + i % 2) * s.channels);
      }
    }
  });
}

}  // namespace resnet
