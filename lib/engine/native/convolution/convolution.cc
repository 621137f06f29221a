#include "convolution/convolution.h"

#include "convolution/direct/direct.h"
#include "convolution/winograd/winograd.h"
#include "shared/level.h"

namespace resnet {
namespace {

const Kernels& DirectKernels(Arithmetic arithmetic) {
  switch (KernelLevel()) {
    case Level::kAvx512Bf16:
      return arithmetic == Arithmetic::kBfloat16 || arithmetic == Arithmetic::kFastest ? *kAvx512Bf16Kernels
                                                                                       : *kAvx512Kernels;
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

bool GoesByWinograd(const Convolution& s, Arithmetic arithmetic) {
  // With few channels its transforms take as long as bfloat16's products.
  const bool has_products = KernelLevel() == Level::kAvx512Bf16;
  const bool wins = !has_products || (s.in_c >= 32 && s.out_c >= 32);
  return (arithmetic == Arithmetic::kFloat32 || (arithmetic == Arithmetic::kFastest && wins)) && FitsWinograd(s);
}

}  // namespace

void Convolve(const Convolution& s, Arithmetic arithmetic, const float* x, const float* filter, float* y) {
  if (GoesByWinograd(s, arithmetic)) {
    WinogradConvolve(WinogradKernelsOfLevel(), s, x, filter, y);
  } else {
    DirectConvolve(DirectKernels(arithmetic), s, x, filter, y);
  }
}

void InputGradient(const Convolution& s, Arithmetic arithmetic, const float* filter, const float* dy,
                   const float* addend, float* dx) {
  if (GoesByWinograd(s, arithmetic)) {
    WinogradInputGradient(WinogradKernelsOfLevel(), s, filter, dy, addend, dx);
  } else {
    DirectInputGradient(DirectKernels(arithmetic), s, filter, dy, addend, dx);
  }
}

void FilterGradient(const Convolution& s, Arithmetic arithmetic, const float* x, const float* dy, float* dfilter) {
  if (GoesByWinograd(s, arithmetic)) {
    WinogradFilterGradient(WinogradKernelsOfLevel(), s, x, dy, dfilter);
  } else {
    DirectFilterGradient(DirectKernels(arithmetic), s, x, dy, dfilter);
  }
}

}  // namespace resnet
