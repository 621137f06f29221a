// Two-dimensional convolution and its two gradients, for processors with AVX2, float32, channels last.
//
// Each is a product of small tiles that stay in the processor's registers: of 6 pixels by 16 channels, or of 6 rows of the
// filter by 16 channels. Pictures are copied with their margins of zeros, some at a time so that they stay in the cache,
// so the tiles know no borders. What is added up in which order doesn't depend on which thread is faster.

#pragma once

#include <cstdint>

namespace resnet {

// x [batch, in_h, in_w, in_c], filter [kernel_h, kernel_w, in_c, out_c], y [batch, out_h, out_w, out_c].
struct Convolution {
  int64_t batch;
  int64_t in_h, in_w, in_c;
  int64_t out_h, out_w, out_c;
  int64_t kernel_h, kernel_w;
  int64_t stride_h, stride_w;
  int64_t pad_top, pad_left;
};

// Whether to use the functions below: this processor has AVX2, for which they are compiled, and lacks AVX-512, with which oneDNN is
// faster. The environment variable RESNET_KERNELS overrides the second: `avx2` for these, `tensorflow` for TensorFlow's.
bool ConvolutionIsFast();

void Convolve(const Convolution& shape, const float* x, const float* filter, float* y);
// What is added to dx, of its shape, may be null, and may be dx itself.
void InputGradient(const Convolution& shape, const float* filter, const float* dy, const float* addend, float* dx);
void FilterGradient(const Convolution& shape, const float* x, const float* dy, float* dfilter);

}  // namespace resnet
