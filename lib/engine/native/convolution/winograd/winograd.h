// Winograd's algorithm F(4x4, 3x3) for 3x3 convolutions of stride 1: 36 products for 16 results instead of 144.
//
// An image is cut into tiles of 4x4 results. The 6x6 pixels that a tile sees are transformed, and so is the filter; the
// products of the transforms, summed over channels, are transformed back into the 4x4 results (transforms.h). The
// points of the transforms are exact in float32 and have half the error of the usual 0, +-1, +-2.
//
// Source: Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks".

#pragma once

#include "convolution/convolution.h"

namespace resnet {

// x [batch, h, w, in_c], filter [3, 3, in_c, out_c], y [batch, h, w, out_c].
struct WinogradShape {
  int64_t batch, h, w, in_c, out_c;
};

// A convolution by Winograd's algorithm, of the input or of the gradient.
struct Correlation {
  WinogradShape shape;
  Maps x;
  const float* filter;
  const float* addend;  // may be null
  float* y;
  uint8_t* places;     // if not null, y is pooled, and these are the places of its numbers
  Epilogue* epilogue;  // may be null, and is where y is pooled
};

// The loops of one instruction set.
struct WinogradKernels {
  // How many parts the transformed filter has, and the numbers of each.
  int64_t (*filter_parts)(const WinogradShape&);
  int64_t (*filter_part_size)(const WinogradShape&);
  // Whether the transformed filter is too large to be kept: correlate makes it as it goes, from `filter`.
  bool (*has_large_filter)(const WinogradShape&);
  void (*transform_filter)(const WinogradShape&, const float* filter, int64_t part, float* to);
  // Blocks of whole rows of tiles, which are computed by themselves: the epilogue's stretches.
  int64_t (*blocks)(const WinogradShape&);
  void (*correlate)(const Correlation&, const float* transformed, int64_t first_block, int64_t end_block);
  // The filter of the input gradient: turned by 180 degrees, channels exchanged; one of its 9 taps.
  void (*turn)(const float* filter, int64_t in, int64_t out, int tap, float* to);
  void (*filter_gradient)(const WinogradShape&, const float* x, const Maps& dy, float* dfilter);
};

// Null where this kind of processor has no such instructions.
extern const WinogradKernels *const kPortableWinograd, *const kAvx2Winograd, *const kAvx512Winograd;
// The same with what is multiplied rounded to bfloat16, four times as far from the result as bfloat16's products of the
// definition.
extern const WinogradKernels* const kAvx512Bf16Winograd;

// Those for this processor.
const WinogradKernels& WinogradKernelsOf(Arithmetic arithmetic);

// Whether a convolution can go by Winograd's algorithm, and is faster by it.
bool FitsWinograd(const Convolution& shape);

// The epilogue may be null.
void WinogradConvolve(const WinogradKernels& kernels, const Convolution& shape, const float* x, const float* filter,
                      float* y, Epilogue* epilogue);
void WinogradConvolveAndPool(const WinogradKernels& kernels, const Convolution& shape, const float* x,
                             const float* filter, float* y, uint8_t* places);
void WinogradInputGradient(const WinogradKernels& kernels, const Convolution& shape, const float* filter,
                           const Maps& dy, const float* addend, float* dx, Epilogue* epilogue);
void WinogradFilterGradient(const WinogradKernels& kernels, const Convolution& shape, const float* x, const Maps& dy,
                            float* dfilter);

}  // namespace resnet
