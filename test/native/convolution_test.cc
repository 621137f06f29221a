// The convolutions against sums written out, at the level that RESNET_KERNELS names. Prints each shape that is wrong.

#include "convolution/convolution.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "convolution/winograd/winograd.h"
#include "shared/level.h"
#include "shared/scratch.h"

namespace resnet {

// Winograd's algorithm with factors of bfloat16, for any processor: the loops that processors with such products have.
namespace rounding {
namespace {
constexpr int kLanes = 8;
constexpr bool kBfloat16 = true;
#include "convolution/winograd/loops.h"
}  // namespace
}  // namespace rounding

namespace {

using Numbers = std::vector<float>;

Numbers Random(int64_t count, std::mt19937& engine) {
  std::normal_distribution<float> normal;
  Numbers numbers(count);
  for (float& number : numbers) number = normal(engine);
  return numbers;
}

// To the nearest of the numbers with 8 bits.
float Rounded(float number) {
  uint32_t bits;
  std::memcpy(&bits, &number, sizeof(bits));
  bits = (bits + 0x7fff + (bits >> 16 & 1)) & 0xffff0000;
  std::memcpy(&number, &bits, sizeof(bits));
  return number;
}

Numbers RoundedIf(bool round, Numbers numbers) {
  if (round) std::transform(numbers.begin(), numbers.end(), numbers.begin(), Rounded);
  return numbers;
}

// Calls visit(place in x, in the filter, in y) for each product.
template <class Visit>
void EachProduct(const Convolution& s, Visit visit) {
  for (int64_t n = 0; n < s.batch; ++n) {
    for (int64_t i = 0; i < s.out_h; ++i) {
      for (int64_t j = 0; j < s.out_w; ++j) {
        for (int64_t a = 0; a < s.kernel_h; ++a) {
          for (int64_t b = 0; b < s.kernel_w; ++b) {
            const int64_t row = i * s.stride_h + a - s.pad_top, column = j * s.stride_w + b - s.pad_left;
            if (row < 0 || row >= s.in_h || column < 0 || column >= s.in_w) continue;
            for (int64_t in = 0; in < s.in_c; ++in) {
              const int64_t x = ((n * s.in_h + row) * s.in_w + column) * s.in_c + in;
              const int64_t w = ((a * s.kernel_w + b) * s.in_c + in) * s.out_c;
              const int64_t y = ((n * s.out_h + i) * s.out_w + j) * s.out_c;
              for (int64_t out = 0; out < s.out_c; ++out) visit(x, w + out, y + out);
            }
          }
        }
      }
    }
  }
}

// The largest difference over the largest number.
double Error(const Numbers& found, const std::vector<double>& expected) {
  double difference = 0, largest = 1e-30;
  for (size_t i = 0; i < found.size(); ++i) {
    const double off = std::abs(found[i] - expected[i]);
    if (!(off <= difference)) difference = off;
    largest = std::max(largest, std::abs(expected[i]));
  }
  return difference / largest;
}

int failures = 0;

// Copies a result as it is told of it: all of it once, and complete.
class CopyOfResult : public Epilogue {
 public:
  CopyOfResult(const Numbers& result, int64_t channels)
      : result_(result), channels_(channels), copy_(result.size(), NAN), times_(result.size() / channels) {}

  void Begin(int64_t stretches) override { stretches_ = std::vector<char>(stretches); }
  void Apply(int64_t stretch, int64_t first, int64_t pixels) override {
    ++stretches_[stretch];
    for (int64_t i = first; i < first + pixels; ++i) ++times_[i];
    std::copy_n(&result_[first * channels_], pixels * channels_, &copy_[first * channels_]);
  }

  double Faults() const {
    const auto is_one = [](char times) { return times == 1; };
    return !std::all_of(stretches_.begin(), stretches_.end(), is_one) +
           !std::all_of(times_.begin(), times_.end(), is_one) + (copy_ != result_);
  }

 private:
  const Numbers& result_;
  int64_t channels_;
  Numbers copy_;
  std::vector<char> stretches_, times_;
};

void Expect(const Convolution& s, const char* what, double error, double most) {
  if (error <= most) return;
  ++failures;
  std::printf("%s: error %.2g; batch %d, %dx%dx%d, filter %dx%d to %d, strides %d %d, pads %d %d, result %dx%d\n", what,
              error, int(s.batch), int(s.in_h), int(s.in_w), int(s.in_c), int(s.kernel_h), int(s.kernel_w),
              int(s.out_c), int(s.stride_h), int(s.stride_w), int(s.pad_top), int(s.pad_left), int(s.out_h),
              int(s.out_w));
}

void Check(const Convolution& s, std::mt19937& engine) {
  const int64_t x_size = s.batch * s.in_h * s.in_w * s.in_c, y_size = s.batch * s.out_h * s.out_w * s.out_c;
  const int64_t w_size = s.kernel_h * s.kernel_w * s.in_c * s.out_c;
  const Numbers x = Random(x_size, engine), w = Random(w_size, engine), dy = Random(y_size, engine);
  const Numbers addend = Random(x_size, engine);
  for (const Arithmetic arithmetic : {Arithmetic::kFloat32, Arithmetic::kExact, Arithmetic::kBfloat16}) {
    const bool rounds = arithmetic == Arithmetic::kBfloat16 && KernelLevel() >= Level::kAvx512Bf16;
    const Numbers rx = RoundedIf(rounds, x), rw = RoundedIf(rounds, w), rdy = RoundedIf(rounds, dy);
    std::vector<double> y(y_size), dx(x_size), dw(w_size);
    EachProduct(s, [&](int64_t i, int64_t k, int64_t j) {
      y[j] += double(rx[i]) * rw[k];
      dx[i] += double(rdy[j]) * rw[k];
      dw[k] += double(rx[i]) * rdy[j];
    });
    const double most = arithmetic == Arithmetic::kFloat32 ? 1e-4 : 2e-5;
    Numbers found(y_size, NAN);
    Convolve(s, arithmetic, x.data(), w.data(), found.data());
    Expect(s, "convolution", Error(found, y), most);
    found.assign(y_size, NAN);
    CopyOfResult y_copy(found, s.out_c);
    Convolve(s, arithmetic, x.data(), w.data(), found.data(), &y_copy);
    Expect(s, "convolution's epilogue", y_copy.Faults(), 0);
    found.assign(x_size, NAN);
    InputGradient(s, arithmetic, w.data(), dy.data(), nullptr, found.data());
    Expect(s, "input gradient", Error(found, dx), most);
    found.assign(w_size, NAN);
    FilterGradient(s, arithmetic, x.data(), dy.data(), found.data());
    Expect(s, "filter gradient", Error(found, dw), most);
    for (int64_t i = 0; i < x_size; ++i) dx[i] += addend[i];
    found.assign(x_size, NAN);
    CopyOfResult dx_copy(found, s.in_c);
    InputGradient(s, arithmetic, w.data(), dy.data(), addend.data(), found.data(), &dx_copy);
    Expect(s, "input gradient's epilogue", dx_copy.Faults(), 0);
    Expect(s, "input gradient with an addend", Error(found, dx), most);
    found = addend;
    InputGradient(s, arithmetic, w.data(), dy.data(), found.data(), found.data());
    Expect(s, "input gradient in the addend's place", Error(found, dx), most);
  }
}

// Winograd's algorithm with factors of bfloat16: near the result, and alike with and without a processor's own
// products.
void CheckRounding(const Convolution& s, std::mt19937& engine) {
  const bool winograd = FitsWinograd(s);
  const int64_t x_size = s.batch * s.in_h * s.in_w * s.in_c, y_size = s.batch * s.out_h * s.out_w * s.out_c;
  const int64_t w_size = s.kernel_h * s.kernel_w * s.in_c * s.out_c;
  const Numbers x = Random(x_size, engine), w = Random(w_size, engine), dy = Random(y_size, engine);
  const Numbers addend = Random(x_size, engine);
  std::vector<double> y(y_size), dx(addend.begin(), addend.end()), dw(w_size);
  EachProduct(s, [&](int64_t i, int64_t k, int64_t j) {
    y[j] += double(x[i]) * w[k];
    dx[i] += double(dy[j]) * w[k];
    dw[k] += double(x[i]) * dy[j];
  });
  const double most = 0.05;
  Numbers fast(y_size, NAN), fast_dx(x_size, NAN), fast_dw(w_size, NAN);
  Convolve(s, Arithmetic::kFastest, x.data(), w.data(), fast.data());
  Expect(s, "fastest convolution", Error(fast, y), most);
  InputGradient(s, Arithmetic::kFastest, w.data(), dy.data(), addend.data(), fast_dx.data());
  Expect(s, "fastest input gradient", Error(fast_dx, dx), most);
  FilterGradient(s, Arithmetic::kFastest, x.data(), dy.data(), fast_dw.data());
  Expect(s, "fastest filter gradient", Error(fast_dw, dw), most);
  if (!winograd) return;
  const bool same = KernelLevel() == Level::kAvx512Bf16 && s.in_c >= 32 && s.out_c >= 32;
  const auto check = [&](const char* what, const Numbers& found, const std::vector<double>& expected,
                         const Numbers& other) {
    Expect(s, what, Error(found, expected), most);
    if (same) Expect(s, what, Error(found, {other.begin(), other.end()}), 5e-3);
  };
  Numbers found(y_size, NAN);
  WinogradConvolve(rounding::kKernels, s, x.data(), w.data(), found.data(), nullptr);
  check("rounding convolution", found, y, fast);
  found.assign(x_size, NAN);
  WinogradInputGradient(rounding::kKernels, s, w.data(), {dy.data()}, addend.data(), found.data(), nullptr);
  check("rounding input gradient", found, dx, fast_dx);
  found.assign(w_size, NAN);
  WinogradFilterGradient(rounding::kKernels, s, x.data(), {dy.data()}, found.data());
  check("rounding filter gradient", found, dw, fast_dw);
}

// What max pooling by windows of 2x2 does to a result, one number after the other.
void Pool(const Convolution& s, const Numbers& y, Numbers& pooled, std::vector<uint8_t>& places) {
  for (int64_t i = 0, image = 0; image < s.batch; ++image) {
    for (int64_t row = 0; row < s.out_h; row += 2) {
      for (int64_t column = 0; column < s.out_w; column += 2) {
        for (int64_t c = 0; c < s.out_c; ++c, ++i) {
          pooled[i] = -INFINITY;
          for (int k = 0; k < 4; ++k) {
            const float value = y[((image * s.out_h + row + k / 2) * s.out_w + column + k % 2) * s.out_c + c];
            if (value > pooled[i]) pooled[i] = value, places[i] = static_cast<uint8_t>(k);
          }
        }
      }
    }
  }
}

// The gradient that pooling leaves.
Numbers Unpooled(const Convolution& s, const Numbers& dy, const std::vector<uint8_t>& places) {
  Numbers given(4 * dy.size());
  for (size_t i = 0; i < dy.size(); ++i) {
    const int64_t c = i % s.out_c, window = i / s.out_c, column = window % (s.out_w / 2) * 2 + places[i] % 2;
    const int64_t row = window / (s.out_w / 2) * 2 + places[i] / 2;  // of all images
    given[(row * s.out_w + column) * s.out_c + c] = dy[i];
  }
  return given;
}

// A convolution that is pooled along, and its gradients, beside the same one after
// the other.
void CheckPooling(const Convolution& s, const char* what, const WinogradKernels& kernels, std::mt19937& engine) {
  const int64_t x_size = s.batch * s.in_h * s.in_w * s.in_c, y_size = s.batch * s.out_h * s.out_w * s.out_c;
  const Numbers x = Random(x_size, engine), w = Random(9 * s.in_c * s.out_c, engine), dy = Random(y_size / 4, engine);
  Numbers y(y_size), expected(y_size / 4), found(y_size / 4, NAN);
  std::vector<uint8_t> expected_places(y_size / 4), places(y_size / 4, 255);
  WinogradConvolve(kernels, s, x.data(), w.data(), y.data(), nullptr);
  Pool(s, y, expected, expected_places);
  WinogradConvolveAndPool(kernels, s, x.data(), w.data(), found.data(), places.data());
  const auto expect = [&](const char* part, const Numbers& found, const Numbers& expected) {
    Expect(s, (std::string(what) + part).c_str(), Error(found, {expected.begin(), expected.end()}), 1e-6);
  };
  expect(" pooled convolution", found, expected);
  expect(" places", {places.begin(), places.end()}, {expected_places.begin(), expected_places.end()});
  const Numbers whole = Unpooled(s, dy, places);
  const Maps windows{dy.data(), places.data()};
  Numbers dx(x_size, NAN), dw(w.size(), NAN), expected_dx(x_size), expected_dw(w.size());
  WinogradInputGradient(kernels, s, w.data(), {whole.data()}, nullptr, expected_dx.data(), nullptr);
  WinogradInputGradient(kernels, s, w.data(), windows, nullptr, dx.data(), nullptr);
  expect(" pooled input gradient", dx, expected_dx);
  WinogradFilterGradient(kernels, s, x.data(), {whole.data()}, expected_dw.data());
  WinogradFilterGradient(kernels, s, x.data(), windows, dw.data());
  expect(" pooled filter gradient", dw, expected_dw);
}

// By the kernels of this level, and by those that round.
void CheckPooling(const Convolution& s, std::mt19937& engine) {
  if (!CanPool(s)) return;
  CheckPooling(s, "float32", WinogradKernelsOf(Arithmetic::kFloat32), engine);
  CheckPooling(s, "fastest", WinogradKernelsOf(Arithmetic::kFastest), engine);
  CheckPooling(s, "rounding", rounding::kKernels, engine);
}

// The result's size follows from the image, the filter, the stride and the padding on each side.
Convolution Shape(int64_t batch, int64_t h, int64_t w, int64_t in, int64_t out, int64_t kernel_h, int64_t kernel_w,
                  int64_t stride_h, int64_t stride_w, int64_t top, int64_t bottom, int64_t left, int64_t right) {
  return {batch,
          h,
          w,
          in,
          (h + top + bottom - kernel_h) / stride_h + 1,
          (w + left + right - kernel_w) / stride_w + 1,
          out,
          kernel_h,
          kernel_w,
          stride_h,
          stride_w,
          top,
          left};
}

Convolution Square(int64_t batch, int64_t size, int64_t in, int64_t out, int64_t kernel, int64_t stride, int64_t pad) {
  return Shape(batch, size, size, in, out, kernel, kernel, stride, stride, pad, pad, pad, pad);
}

int Main(int rounds) {
  std::printf("%s\n", NameOf(KernelLevel()));
  if (KernelLevel() == Level::kTensorFlow) return 0;
  std::mt19937 engine(1);
  const std::vector<Convolution> shapes = {
      // the layers of a ResNet
      Square(3, 32, 3, 16, 3, 1, 1), Square(5, 32, 16, 16, 3, 1, 1), Square(5, 16, 32, 32, 3, 1, 1),
      Square(17, 8, 64, 64, 3, 1, 1), Square(17, 4, 128, 128, 3, 1, 1), Square(5, 32, 16, 32, 3, 2, 1),
      Square(5, 32, 16, 32, 1, 2, 0), Square(9, 8, 64, 256, 1, 1, 0), Square(2, 7, 48, 80, 3, 1, 1),
      Square(16, 4, 512, 512, 3, 1, 1), Square(2, 56, 16, 16, 3, 1, 1), Square(1, 112, 3, 16, 7, 2, 3),
      // images that are cut into bands of rows
      Square(1, 112, 24, 16, 3, 1, 1), Square(2, 90, 24, 20, 3, 2, 1), Square(1, 224, 3, 16, 7, 2, 3),
      Shape(1, 80, 70, 40, 24, 5, 3, 3, 1, 2, 0, 1, 1), Square(1, 100, 32, 16, 1, 2, 0),
      // enough images for tiles of them
      Square(35, 8, 3, 32, 3, 1, 1), Square(64, 8, 32, 64, 3, 1, 1), Square(70, 4, 40, 48, 3, 2, 1),
      Square(33, 18, 16, 16, 3, 1, 1), Square(64, 6, 64, 20, 1, 2, 0), Square(40, 17, 24, 32, 3, 1, 1),
      // the least of everything
      Square(1, 1, 1, 1, 1, 1, 0), Square(1, 1, 16, 16, 3, 1, 1), Square(2, 2, 32, 16, 3, 1, 1),
      Square(64, 3, 16, 16, 3, 1, 1), Square(1, 5, 16, 48, 3, 1, 1), Square(9, 5, 1, 1, 2, 1, 0)};
  for (const Convolution& shape : shapes) {
    Check(shape, engine);
    CheckRounding(shape, engine);
    CheckPooling(shape, engine);
  }
  const auto pick = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(engine);
  };
  for (int i = 0; i < rounds; ++i) {
    const int64_t kernel_h = pick(1, 5), kernel_w = pick(1, 5);
    const bool groups = pick(0, 2) == 0;
    const Convolution shape =
        Shape(pick(0, 3) == 0 ? pick(32, 80) : pick(1, 20), pick(kernel_h, 14), pick(kernel_w, 14),
              groups ? 16 * pick(1, 3) : pick(1, 40), groups ? 16 * pick(1, 4) : pick(1, 70), kernel_h, kernel_w,
              pick(1, 3), pick(1, 3), pick(0, kernel_h), pick(0, kernel_h), pick(0, kernel_w), pick(0, kernel_w));
    Check(shape, engine);
    CheckRounding(shape, engine);
    CheckPooling(shape, engine);
  }
  std::printf("%d failures\n", failures);
  return failures > 0;
}

}  // namespace
}  // namespace resnet

int main(int count, char** arguments) {
  return resnet::Main(count > 1 ? std::stoi(arguments[1]) : 100);
}
