// Times the convolutions of ResNet-18 alone, at the level that RESNET_KERNELS names, and the processor's peak.
// Arguments: width, batch size. Prints a line of JSON.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "convolution/convolution.h"
#include "shared/level.h"
#include "shared/parallel.h"

namespace resnet {
namespace {

double Seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The median over some tenths of a second.
double Time(const std::function<void()>& work) {
  work();
  std::vector<double> times;
  const double end = Seconds() + 0.3;
  while (times.size() < 5 || Seconds() < end) {
    const double began = Seconds();
    work();
    times.push_back(Seconds() - began);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

#if defined(__x86_64__)
#define VECTOR(bytes) float __attribute__((vector_size(bytes)))

constexpr int kSums = 12;

// Products with additions on all cores, from registers alone: operations a second. `sums` are of different numbers:
// equal ones would be computed once.
template <class Vector>
__attribute__((always_inline)) inline void Multiply(int64_t rounds, float* sums) {
  Vector sum[kSums], factor = Vector{} + 1.0f;
#pragma GCC unroll 12
  for (int k = 0; k < kSums; ++k) sum[k] = Vector{} + sums[k];
  for (int64_t i = 0; i < rounds; ++i) {
    asm volatile("" : "+v"(factor));
#pragma GCC unroll 12
    for (int k = 0; k < kSums; ++k) sum[k] += factor * factor;
  }
#pragma GCC unroll 12
  for (int k = 0; k < kSums; ++k) sums[k] = sum[k][0];
}

__attribute__((target("avx2,fma"))) void Multiply256(int64_t rounds, float* sums) {
  Multiply<VECTOR(32)>(rounds, sums);
}

__attribute__((target("avx512f,fma,prefer-vector-width=512"))) void Multiply512(int64_t rounds, float* sums) {
  Multiply<VECTOR(64)>(rounds, sums);
}

double Peak() {
  const bool wide = KernelLevel() >= Level::kAvx512;
  constexpr int64_t kRounds = 2000000;
  std::vector<float> sums(Cores() * kSums);
  for (size_t i = 0; i < sums.size(); ++i) sums[i] = static_cast<float>(i);
  const double seconds =
      Time([&] { Parallel(Cores(), [&](int i) { (wide ? Multiply512 : Multiply256)(kRounds, &sums[i * kSums]); }); });
  return 2.0 * kSums * (wide ? 16 : 8) * kRounds * Cores() / seconds;
}
#else
double Peak() {
  return 0;
}
#endif

struct Layer {
  const char* name;
  int count;
  int64_t size, in, out, kernel, stride;
};

int Main(int64_t width, int64_t batch) {
  const int64_t w = width;
  const std::vector<Layer> layers = {{"first", 1, 32, 3, w, 3, 1},
                                     {"stage 1", 4, 32, w, w, 3, 1},
                                     {"into stage 2", 1, 32, w, 2 * w, 3, 2},
                                     {"stage 2", 3, 16, 2 * w, 2 * w, 3, 1},
                                     {"into stage 3", 1, 16, 2 * w, 4 * w, 3, 2},
                                     {"stage 3", 3, 8, 4 * w, 4 * w, 3, 1},
                                     {"into stage 4", 1, 8, 4 * w, 8 * w, 3, 2},
                                     {"stage 4", 3, 4, 8 * w, 8 * w, 3, 1},
                                     {"shortcut 2", 1, 32, w, 2 * w, 1, 2},
                                     {"shortcut 3", 1, 16, 2 * w, 4 * w, 1, 2},
                                     {"shortcut 4", 1, 8, 4 * w, 8 * w, 1, 2}};
  std::printf("{\"level\":\"%s\",\"cores\":%d,\"peak\":%.4g,\"layers\":[", NameOf(KernelLevel()), Cores(), Peak());
  for (size_t i = 0; i < layers.size(); ++i) {
    const Layer& l = layers[i];
    const int64_t pad = l.kernel / 2, result = (l.size - 1) / l.stride + 1;
    const Convolution s{batch,    l.size,   l.size,   l.in,     result, result, l.out,
                        l.kernel, l.kernel, l.stride, l.stride, pad,    pad};
    std::vector<float> x(batch * l.size * l.size * l.in, 1), filter(l.kernel * l.kernel * l.in * l.out, 1);
    std::vector<float> y(batch * result * result * l.out, 1), dx(x), dfilter(filter);
    std::printf(
        "%s{\"name\":\"%s\",\"count\":%d,\"operations\":%.6g,\"image\":%d,\"in\":%d,\"out\":%d,\"kernel\":%d,"
        "\"stride\":%d",
        i ? "," : "", l.name, l.count, 2.0 * y.size() * l.kernel * l.kernel * l.in, int(l.size), int(l.in), int(l.out),
        int(l.kernel), int(l.stride));
    const std::pair<const char*, Arithmetic> ways[] = {
        {"float32", Arithmetic::kFloat32}, {"exact", Arithmetic::kExact}, {"bfloat16", Arithmetic::kBfloat16}};
    for (const auto& [name, way] : ways) {
      const double forward = Time([&, way = way] { Convolve(s, way, x.data(), filter.data(), y.data()); });
      const double input = Time([&, way = way] { InputGradient(s, way, filter.data(), y.data(), nullptr, dx.data()); });
      const double weights = Time([&, way = way] { FilterGradient(s, way, x.data(), y.data(), dfilter.data()); });
      std::printf(",\"%s\":[%.6g,%.6g,%.6g]", name, forward, input, weights);
    }
    std::printf("}");
  }
  std::printf("]}\n");
  return 0;
}

}  // namespace
}  // namespace resnet

int main(int count, char** arguments) {
  return count < 3 ? 2 : resnet::Main(std::atoi(arguments[1]), std::atoi(arguments[2]));
}
