// Two-dimensional convolution and its two gradients, channels last, float32 in and out.
//
// 3x3 convolutions of stride 1 go by Winograd's algorithm where that is faster, all others sum their products directly.
// The order of sums doesn't depend on which thread is faster.

#pragma once

#include <cstdint>

#include "convolution/epilogue.h"

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

enum class Arithmetic {
  kFloat32,   // by the algorithm of the fewest products
  kExact,     // float32, each product of the definition once
  kBfloat16,  // factors rounded to bfloat16, sums in float32; as kExact where the processor has no such products
  kFastest,   // kFloat32 where Winograd's algorithm is faster than bfloat16, else kBfloat16
};

// Feature maps, [batch, h, w, channels]; or a gradient of them that came through max pooling by windows of 2x2: then
// `values` are of windows, [batch, h / 2, w / 2, channels], and each is the one of its window's pixel 0 to 3 that
// `places` tells. The other pixels' are zero.
struct Maps {
  const float* values;
  const uint8_t* places = nullptr;

  // From a number of the maps on, with whole windows before it.
  Maps From(int64_t first) const {
    return places ? Maps{values + first / 4, places + first / 4} : Maps{values + first};
  }
};

// The epilogue of a result may be null.
void Convolve(const Convolution& shape, Arithmetic arithmetic, const float* x, const float* filter, float* y,
              Epilogue* epilogue = nullptr);
// What is added to dx, of its shape, may be null, and may be dx itself.
void InputGradient(const Convolution& shape, Arithmetic arithmetic, const float* filter, const float* dy,
                   const float* addend, float* dx, Epilogue* epilogue = nullptr);
void FilterGradient(const Convolution& shape, Arithmetic arithmetic, const float* x, const float* dy, float* dfilter);

// Whether windows of 2x2 can be pooled while a convolution is computed, and its gradients from the windows'; and
// whether that is how this processor is fastest.
bool CanPool(const Convolution& shape);
bool ShouldPool(const Convolution& shape, Arithmetic arithmetic);

// Only for what can pool. y and places [batch, out_h / 2, out_w / 2, out_c]: each window's largest number, and which of
// the window's four it is, the first if there are several; where one isn't a number, that.
void ConvolveAndPool(const Convolution& shape, Arithmetic arithmetic, const float* x, const float* filter, float* y,
                     uint8_t* places);
// The gradients, for `dy` of windows.
void InputGradientOfPooled(const Convolution& shape, Arithmetic arithmetic, const float* filter, const Maps& dy,
                           float* dx);
void FilterGradientOfPooled(const Convolution& shape, Arithmetic arithmetic, const float* x, const Maps& dy,
                            float* dfilter);

}  // namespace resnet
