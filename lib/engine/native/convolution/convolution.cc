#include "convolution/convolution.h"

#include "convolution/direct/direct.h"
#include "convolution/winograd/winograd.h"
#include "shared/level.h"

namespace resnet {
namespace {

const Kernels& DirectKernels(Arithmetic arithmetic) {
  switch (KernelLevel()) {
    case Level::kAvx512Bf16:
      return arithmetic == Arithmetic::kBfloat16 ? *kAvx512Bf16Kernels : *kAvx512Kernels;
    case Level::kAvx512:
      return *kAvx512Kernels;
    case Level::kAvx2:
      return *kAvx2Kernels;
    default:
      return *kPortableKernels;
  }
}

const WinogradKernels& WinogradKernelsOfLevel() {
  switch (KernelLevel()) {
    case Level::kAvx512Bf16:
    case Level::kAvx512:
      return *kAvx512Winograd;
    case Level::kAvx2:
      return *kAvx2Winograd;
    default:
      return *kPortableWinograd;
  }
}

}  // namespace

void Convolve(const Convolution& s, Arithmetic arithmetic, const float* x, const float* filter, float* y) {
  if (arithmetic == Arithmetic::kFast && FitsWinograd(s)) {
    WinogradConvolve(WinogradKernelsOfLevel(), s, x, filter, y);
  } else {
    DirectConvolve(DirectKernels(arithmetic), s, x, filter, y);
  }
}

void InputGradient(const Convolution& s, Arithmetic arithmetic, const float* filter, const float* dy,
                   const float* addend, float* dx) {
  if (arithmetic == Arithmetic::kFast && FitsWinograd(s)) {
    WinogradInputGradient(WinogradKernelsOfLevel(), s, filter, dy, addend, dx);
  } else {
    DirectInputGradient(DirectKernels(arithmetic), s, filter, dy, addend, dx);
  }
}

void FilterGradient(const Convolution& s, Arithmetic arithmetic, const float* x, const float* dy, float* dfilter) {
  if (arithmetic == Arithmetic::kFast && FitsWinograd(s)) {
    WinogradFilterGradient(WinogradKernelsOfLevel(), s, x, dy, dfilter);
  } else {
    DirectFilterGradient(DirectKernels(arithmetic), s, x, dy, dfilter);
  }
}

}  // namespace resnet
