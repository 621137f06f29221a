// Max pooling with windows side by side, and its gradient: float32, channels last.

#pragma once

#include <cstdint>

namespace resnet {

// x [images, in_h, in_w, channels], y [images, in_h / window_h, in_w / window_w, channels]. Rows and columns that fill
// no window are left out.
struct Pooling {
  int64_t images, in_h, in_w, channels;
  int64_t window_h, window_w;

  int64_t OutH() const { return in_h / window_h; }
  int64_t OutW() const { return in_w / window_w; }
};

// Writes each window's largest number; where one isn't a number, that.
void MaxPool(const Pooling& shape, const float* x, float* y);

// Writes the gradient for dy, that of y: it goes to the first of a window's numbers that is the largest.
void MaxPoolGradient(const Pooling& shape, const float* x, const float* y, const float* dy, float* dx);

// The same of windows of 2x2 whose largest numbers' places, 0 to 3, are known.
void MaxPoolGradientByPlaces(const Pooling& shape, const float* dy, const uint8_t* places, float* dx);

}  // namespace resnet
