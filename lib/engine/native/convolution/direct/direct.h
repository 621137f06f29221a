// Convolutions as sums of products, for any kernel, stride and padding, by the kernels of one instruction set.

#pragma once

#include "convolution/convolution.h"
#include "convolution/direct/kernels.h"

namespace resnet {

// The epilogue may be null.
void DirectConvolve(const Kernels& kernels, const Convolution& shape, const float* x, const float* filter, float* y,
                    Epilogue* epilogue);
// What is added to dx, of its shape, may be null, and may be dx itself.
void DirectInputGradient(const Kernels& kernels, const Convolution& shape, const float* filter, const float* dy,
                         const float* addend, float* dx, Epilogue* epilogue);
void DirectFilterGradient(const Kernels& kernels, const Convolution& shape, const float* x, const float* dy,
                          float* dfilter);

}  // namespace resnet
