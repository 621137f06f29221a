// Batch normalization in training, and its gradient: float32, channels last.
//
// y = relu((x - mean) / deviation * scale + offset + addend), where ReLU and the addend may be left out. Each
// function reads the picture once or twice and keeps nothing of its size: what the gradient needs of y it computes
// again.

#pragma once

#include <cstdint>
#include <vector>

namespace resnet {

// x [pixels, channels], a batch's pixels one after another.
struct Pixels {
  int64_t pixels, channels;
};

// What normalizes: each [channels].
struct Normalization {
  const float *scale, *offset, *mean, *inverse_deviation;
};

// The mean of each channel, and the mean of the squares of what remains when it is taken off.
void Moments(const Pixels& shape, const float* x, float* mean, float* variance);

// The same of pixels that come in stretches, in any order and by several threads at once.
class MomentSums {
 public:
  MomentSums(int64_t channels, int64_t stretches);

  // Adds a stretch of pixels, [pixels, channels], which is read twice.
  void Add(int64_t stretch, const float* x, int64_t pixels);

  void Write(float* mean, float* variance) const;

 private:
  int64_t channels_;
  // Of each stretch: its pixels, its mean, and its sum of squared differences from that.
  std::vector<int64_t> pixels_;
  std::vector<double> means_, squares_;
};

struct MovingStatistics {
  const float *mean, *variance;
  float *next_mean, *next_variance;
};

// Writes the next moving statistics, which the batch's enter by 1 - momentum, the variance unbiased. Turns the batch's
// variance into the inverse deviation.
void UpdateStatistics(const Pixels& shape, float epsilon, float momentum, const MovingStatistics& moving,
                      const float* mean, float* variance);

// Writes y. `addend`, of x's shape, may be null, and may be y itself.
void Normalize(const Pixels& shape, const Normalization& norm, const float* x, const float* addend, bool relu,
               float* y);

// Writes the gradients for dy, that of y; no addend has part in it. `dx` may be dy itself.
void NormalizeGradient(const Pixels& shape, const Normalization& norm, const float* x, const float* dy, bool relu,
                       float* dx, float* dscale, float* doffset);

// The gradient of ReLU alone, in place: zeros where `rectified`, its output, is 0.
void ZeroWhereRectified(int64_t count, const float* rectified, float* gradient);

}  // namespace resnet
