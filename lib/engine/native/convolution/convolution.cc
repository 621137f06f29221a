#include "convolution/convolution.h"

#include "convolution/direct/bands.h"
#include "convolution/direct/direct.h"
#include "convolution/winograd/winograd.h"
#include "shared/level.h"
#include "shared/parallel.h"

namespace resnet {
namespace {

// Images from which on tiles of them are worth it. The filter's gradient takes pairs, and what a tile lacks is zeros.
constexpr int64_t kImagesOfTiles = 8;

const Kernels& DirectKernels(Arithmetic arithmetic, int64_t images) {
  const bool rounds = arithmetic == Arithmetic::kBfloat16 || arithmetic == Arithmetic::kFastest;
  switch (KernelLevel()) {
    case Level::kAmx:
      if (rounds && images >= kImagesOfTiles) return *kAmxKernels;
      [[fallthrough]];
    case Level::kAvx512Bf16:
      return rounds ? *kAvx512Bf16Kernels : *kAvx512Kernels;
    case Level::kAvx512:
      return *kAvx512Kernels;
    case Level::kAvx2:
      return *kAvx2Kernels;
    default:
      return *kPortableKernels;
  }
}

void ConvolveInBands(const Kernels& kernels, const Convolution& s, const float* x, const float* filter, float* y,
                     Epilogue* epilogue) {
  const int64_t bands = ForwardBands(s);
  if (bands == 1) return DirectConvolve(kernels, s, x, filter, y, epilogue);
  if (epilogue) epilogue->Begin(s.batch * bands);
  Parallel(static_cast<int>(s.batch * bands), [&](int i) {
    const Band band = ForwardBand(s, i % bands);
    const int64_t image = i / bands, place = (image * s.out_h + band.result_row) * s.out_w;
    const float* from = x + (image * s.in_h + band.source_row) * s.in_w * s.in_c;
    DirectConvolve(kernels, band.shape, from, filter, y + place * s.out_c, nullptr);
    if (epilogue) epilogue->Apply(i, place, band.shape.out_h * s.out_w);
  });
}

void InputGradientInBands(const Kernels& kernels, const Convolution& s, const float* filter, const float* dy,
                          const float* addend, float* dx, Epilogue* epilogue) {
  const int64_t bands = InputGradientBands(s);
  if (bands == 1) return DirectInputGradient(kernels, s, filter, dy, addend, dx, epilogue);
  if (epilogue) epilogue->Begin(s.batch * bands);
  Parallel(static_cast<int>(s.batch * bands), [&](int i) {
    const Band band = InputGradientBand(s, i % bands);
    const int64_t image = i / bands, pixel = (image * s.in_h + band.result_row) * s.in_w, place = pixel * s.in_c;
    const float* from = dy + (image * s.out_h + band.source_row) * s.out_w * s.out_c;
    DirectInputGradient(kernels, band.shape, filter, from, addend ? addend + place : nullptr, dx + place, nullptr);
    if (epilogue) epilogue->Apply(i, pixel, band.shape.in_h * s.in_w);
  });
}

bool GoesByWinograd(const Convolution& s, Arithmetic arithmetic) {
  // With few channels its transforms take as long as bfloat16's products, and AMX's are always faster.
  const Level level = KernelLevel();
  const bool wins = level < Level::kAvx512Bf16 || (level == Level::kAvx512Bf16 && s.in_c >= 32 && s.out_c >= 32);
  return (arithmetic == Arithmetic::kFloat32 || (arithmetic == Arithmetic::kFastest && wins)) && FitsWinograd(s);
}

}  // namespace

const WinogradKernels& WinogradKernelsOf(Arithmetic arithmetic) {
  switch (KernelLevel()) {
    case Level::kAmx:
    case Level::kAvx512Bf16:
      return arithmetic == Arithmetic::kFastest ? *kAvx512Bf16Winograd : *kAvx512Winograd;
    case Level::kAvx512:
      return *kAvx512Winograd;
    case Level::kAvx2:
      return *kAvx2Winograd;
    default:
      return *kPortableWinograd;
  }
}

void Convolve(const Convolution& s, Arithmetic arithmetic, const float* x, const float* filter, float* y,
              Epilogue* epilogue) {
  if (GoesByWinograd(s, arithmetic)) {
    WinogradConvolve(WinogradKernelsOf(arithmetic), s, x, filter, y, epilogue);
  } else {
    ConvolveInBands(DirectKernels(arithmetic, s.batch), s, x, filter, y, epilogue);
  }
}

void InputGradient(const Convolution& s, Arithmetic arithmetic, const float* filter, const float* dy,
                   const float* addend, float* dx, Epilogue* epilogue) {
  if (GoesByWinograd(s, arithmetic)) {
    WinogradInputGradient(WinogradKernelsOf(arithmetic), s, filter, {dy}, addend, dx, epilogue);
  } else {
    InputGradientInBands(DirectKernels(arithmetic, s.batch), s, filter, dy, addend, dx, epilogue);
  }
}

void FilterGradient(const Convolution& s, Arithmetic arithmetic, const float* x, const float* dy, float* dfilter) {
  if (GoesByWinograd(s, arithmetic)) {
    WinogradFilterGradient(WinogradKernelsOf(arithmetic), s, x, {dy}, dfilter);
  } else {
    DirectFilterGradient(DirectKernels(arithmetic, s.batch / Cores()), s, x, dy, dfilter);
  }
}

bool CanPool(const Convolution& s) {
  return s.out_h % 2 == 0 && s.out_w % 2 == 0 && FitsWinograd(s);
}

bool ShouldPool(const Convolution& s, Arithmetic arithmetic) {
  return CanPool(s) && GoesByWinograd(s, arithmetic);
}

void ConvolveAndPool(const Convolution& s, Arithmetic arithmetic, const float* x, const float* filter, float* y,
                     uint8_t* places) {
  WinogradConvolveAndPool(WinogradKernelsOf(arithmetic), s, x, filter, y, places);
}

void InputGradientOfPooled(const Convolution& s, Arithmetic arithmetic, const float* filter, const Maps& dy,
                           float* dx) {
  WinogradInputGradient(WinogradKernelsOf(arithmetic), s, filter, dy, nullptr, dx, nullptr);
}

void FilterGradientOfPooled(const Convolution& s, Arithmetic arithmetic, const float* x, const Maps& dy,
                            float* dfilter) {
  WinogradFilterGradient(WinogradKernelsOf(arithmetic), s, x, dy, dfilter);
}

}  // namespace resnet
