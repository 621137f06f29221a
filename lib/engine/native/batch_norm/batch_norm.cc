// Batch normalization is bound by memory: a picture is taken in chunks that stay in a core's cache, and chunks in rows
// of several pixels, whose numbers are summed side by side.

#include "batch_norm/batch_norm.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "shared/fast.h"
#include "shared/parallel.h"

namespace resnet {
namespace {

// Numbers in a chunk.
constexpr int64_t kChunk = 32768;
// Numbers in a row, at least: sums of fewer would wait for each other.
constexpr int64_t kRow = 128;
// Rows start where vectors of eight do.
constexpr int64_t kVector = 8;

// How pixels are cut into rows and chunks, which doesn't depend on the number of threads.
class Layout {
 public:
  explicit Layout(const Pixels& shape) : channels_(shape.channels), size_(shape.pixels * shape.channels) {
    const int64_t unit = std::lcm(channels_, kVector);
    row_ = (kRow + unit - 1) / unit * unit;
    chunk_ = std::max<int64_t>(1, kChunk / row_) * row_;
  }

  int64_t Row() const { return row_; }
  int64_t Chunks() const { return (size_ + chunk_ - 1) / chunk_; }

  // Calls `work(chunk, first number, how many)` for each chunk, several at once.
  template <class Work>
  void ForChunks(Work work) const {
    Parallel(Chunks(), [&](int chunk) { work(chunk, chunk * chunk_, std::min(chunk_, size_ - chunk * chunk_)); });
  }

  // Values of channels, repeated along a row.
  template <class Value>
  std::vector<float> AlongRow(Value value) const {
    std::vector<float> row(row_);
    for (int64_t i = 0; i < row_; ++i) row[i] = value(i % channels_);
    return row;
  }

  // Sums along a row, by channel.
  void Fold(const float* row, double* sums) const {
    std::fill_n(sums, channels_, 0.0);
    for (int64_t i = 0; i < row_; ++i) sums[i % channels_] += row[i];
  }

 private:
  int64_t channels_, size_, row_, chunk_;
};

RESNET_FAST void AddRow(int64_t size, const float* __restrict x, float* __restrict sums) {
  for (int64_t i = 0; i < size; ++i) sums[i] += x[i];
}

RESNET_FAST void AddSquares(int64_t size, const float* __restrict x, const float* __restrict mean,
                            float* __restrict sums) {
  for (int64_t i = 0; i < size; ++i) sums[i] += (x[i] - mean[i]) * (x[i] - mean[i]);
}

// y may be the addend.
template <bool kAdd, bool kRelu>
RESNET_FAST void NormalizeRow(int64_t size, const float* __restrict x, const float* __restrict slope,
                              const float* __restrict level, const float* addend, float* y) {
#pragma GCC ivdep
  for (int64_t i = 0; i < size; ++i) {
    float value = x[i] * slope[i] + level[i];
    if (kAdd) value += addend[i];
    // What isn't a number stays so.
    y[i] = kRelu && value < 0 ? 0 : value;
  }
}

// Sums dy, and dy * (x - mean), where ReLU let x pass.
template <bool kRelu>
RESNET_FAST void AddGradient(int64_t size, const float* __restrict x, const float* __restrict dy,
                             const float* __restrict slope, const float* __restrict level, const float* __restrict mean,
                             float* __restrict sums, float* __restrict products) {
  for (int64_t i = 0; i < size; ++i) {
    const float gradient = !kRelu || x[i] * slope[i] + level[i] > 0 ? dy[i] : 0;
    sums[i] += gradient;
    products[i] += gradient * (x[i] - mean[i]);
  }
}

// dx may be dy.
template <bool kRelu>
RESNET_FAST void GradientRow(int64_t size, const float* __restrict x, const float* dy, const float* __restrict slope,
                             const float* __restrict level, const float* __restrict by_x,
                             const float* __restrict constant, float* dx) {
#pragma GCC ivdep
  for (int64_t i = 0; i < size; ++i) {
    const float gradient = !kRelu || x[i] * slope[i] + level[i] > 0 ? dy[i] : 0;
    dx[i] = slope[i] * gradient + (by_x[i] * x[i] + constant[i]);
  }
}

// The normalization as slope * x + level, for one channel.
float Slope(const Normalization& norm, int64_t c) {
  return norm.scale[c] * norm.inverse_deviation[c];
}
float Level(const Normalization& norm, int64_t c) {
  return norm.offset[c] - norm.mean[c] * Slope(norm, c);
}

template <bool kAdd, bool kRelu>
void NormalizeAll(const Layout& layout, const Normalization& norm, const float* x, const float* addend, float* y) {
  const auto slope = layout.AlongRow([&](int64_t c) { return Slope(norm, c); });
  const auto level = layout.AlongRow([&](int64_t c) { return Level(norm, c); });
  layout.ForChunks([&](int, int64_t first, int64_t count) {
    for (int64_t i = first; i < first + count; i += layout.Row()) {
      const int64_t size = std::min(layout.Row(), first + count - i);
      NormalizeRow<kAdd, kRelu>(size, x + i, slope.data(), level.data(), kAdd ? addend + i : nullptr, y + i);
    }
  });
}

template <bool kRelu>
void GradientOfAll(const Pixels& shape, const Normalization& norm, const float* x, const float* dy, float* dx,
                   float* dscale, float* doffset) {
  const Layout layout(shape);
  const int64_t channels = shape.channels, row = layout.Row();
  const auto slope = layout.AlongRow([&](int64_t c) { return Slope(norm, c); });
  const auto level = layout.AlongRow([&](int64_t c) { return Level(norm, c); });
  const auto mean = layout.AlongRow([&](int64_t c) { return norm.mean[c]; });

  std::vector<double> chunk_sums(2 * layout.Chunks() * channels);
  layout.ForChunks([&](int chunk, int64_t first, int64_t count) {
    std::vector<float> sums(row), products(row);
    for (int64_t i = first; i < first + count; i += row) {
      const int64_t size = std::min(row, first + count - i);
      AddGradient<kRelu>(size, x + i, dy + i, slope.data(), level.data(), mean.data(), sums.data(), products.data());
    }
    layout.Fold(sums.data(), &chunk_sums[2 * chunk * channels]);
    layout.Fold(products.data(), &chunk_sums[(2 * chunk + 1) * channels]);
  });

  std::vector<double> sum(channels), product(channels);
  for (int64_t chunk = 0; chunk < layout.Chunks(); ++chunk) {
    for (int64_t c = 0; c < channels; ++c) {
      sum[c] += chunk_sums[2 * chunk * channels + c];
      product[c] += chunk_sums[(2 * chunk + 1) * channels + c];
    }
  }
  for (int64_t c = 0; c < channels; ++c) {
    doffset[c] = sum[c];
    dscale[c] = product[c] * norm.inverse_deviation[c];
  }

  // The batch's mean and deviation depend on x too, which takes off what of dy is constant or goes with x.
  const auto by = [&](int64_t c) {
    const double inverse = norm.inverse_deviation[c];
    return -Slope(norm, c) * inverse * inverse * product[c] / shape.pixels;
  };
  const auto by_x = layout.AlongRow(by);
  const auto constant =
      layout.AlongRow([&](int64_t c) { return -Slope(norm, c) * sum[c] / shape.pixels - by(c) * norm.mean[c]; });
  layout.ForChunks([&](int, int64_t first, int64_t count) {
    for (int64_t i = first; i < first + count; i += row) {
      const int64_t size = std::min(row, first + count - i);
      GradientRow<kRelu>(size, x + i, dy + i, slope.data(), level.data(), by_x.data(), constant.data(), dx + i);
    }
  });
}

}  // namespace

void Moments(const Pixels& shape, const float* x, float* mean, float* variance) {
  const Layout layout(shape);
  MomentSums sums(shape.channels, layout.Chunks());
  layout.ForChunks(
      [&](int chunk, int64_t first, int64_t count) { sums.Add(chunk, x + first, count / shape.channels); });
  sums.Write(mean, variance);
}

MomentSums::MomentSums(int64_t channels, int64_t stretches)
    : channels_(channels), pixels_(stretches), means_(stretches * channels), squares_(stretches * channels) {}

void MomentSums::Add(int64_t stretch, const float* x, int64_t pixels) {
  const Layout layout({pixels, channels_});
  const int64_t row = layout.Row(), count = pixels * channels_;
  std::vector<float> sums(row);
  for (int64_t i = 0; i < count; i += row) AddRow(std::min(row, count - i), x + i, sums.data());
  double* mean = &means_[stretch * channels_];
  layout.Fold(sums.data(), mean);
  pixels_[stretch] = pixels;
  for (int64_t c = 0; c < channels_; ++c) mean[c] /= pixels;

  const auto along_row = layout.AlongRow([&](int64_t c) { return mean[c]; });
  std::fill(sums.begin(), sums.end(), 0.0f);
  for (int64_t i = 0; i < count; i += row) {
    AddSquares(std::min(row, count - i), x + i, along_row.data(), sums.data());
  }
  layout.Fold(sums.data(), &squares_[stretch * channels_]);
}

void MomentSums::Write(float* mean, float* variance) const {
  const int64_t stretches = pixels_.size(), pixels = std::accumulate(pixels_.begin(), pixels_.end(), int64_t{0});
  for (int64_t c = 0; c < channels_; ++c) {
    double total = 0, spread = 0;
    for (int64_t i = 0; i < stretches; ++i) total += means_[i * channels_ + c] * pixels_[i];
    const double center = total / pixels;
    for (int64_t i = 0; i < stretches; ++i) {
      const double away = means_[i * channels_ + c] - center;
      spread += squares_[i * channels_ + c] + away * away * pixels_[i];
    }
    mean[c] = center;
    variance[c] = spread / pixels;
  }
}

void UpdateStatistics(const Pixels& shape, float epsilon, float momentum, const MovingStatistics& moving,
                      const float* mean, float* variance) {
  const double unbiased = shape.pixels / std::max<double>(1, shape.pixels - 1);
  for (int64_t c = 0; c < shape.channels; ++c) {
    const auto next = [&](float before, double now) { return before + (1 - momentum) * (now - before); };
    moving.next_mean[c] = next(moving.mean[c], mean[c]);
    moving.next_variance[c] = next(moving.variance[c], variance[c] * unbiased);
    variance[c] = 1 / std::sqrt(variance[c] + epsilon);
  }
}

RESNET_FAST void ZeroWhereRectified(int64_t count, const float* __restrict rectified, float* __restrict gradient) {
  for (int64_t i = 0; i < count; ++i) gradient[i] = rectified[i] > 0 ? gradient[i] : 0;
}

void Normalize(const Pixels& shape, const Normalization& norm, const float* x, const float* addend, bool relu,
               float* y) {
  const Layout layout(shape);
  const auto normalize = addend ? (relu ? NormalizeAll<true, true> : NormalizeAll<true, false>)
                                : (relu ? NormalizeAll<false, true> : NormalizeAll<false, false>);
  normalize(layout, norm, x, addend, y);
}

void NormalizeGradient(const Pixels& shape, const Normalization& norm, const float* x, const float* dy, bool relu,
                       float* dx, float* dscale, float* doffset) {
  const auto gradient = relu ? GradientOfAll<true> : GradientOfAll<false>;
  gradient(shape, norm, x, dy, dx, dscale, doffset);
}

}  // namespace resnet
