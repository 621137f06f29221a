// Batch normalization in training, and its gradient: float32, channels last.
//
// y = relu((x - mean) / deviation * scale + offset + addend), where ReLU and the addend may be left out. Each
// function reads the picture once or twice and keeps nothing of its size: what the gradient needs of y it computes
// again.

#pragma once

#include <cstdint>

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

// Writes y. `addend`, of x's shape, may be null, and may be y itself.
void Normalize(const Pixels& shape, const Normalization& norm, const float* x, const float* addend, bool relu,
               float* y);

// Writes the gradients for dy, that of y; no addend has part in it. `dx` may be dy itself.
void NormalizeGradient(const Pixels& shape, const Normalization& norm, const float* x, const float* dy, bool relu,
                       float* dx, float* dscale, float* doffset);

}  // namespace resnet
