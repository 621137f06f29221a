// The convolution and its input gradient: both sum, for each pixel of a result, over pixels of a source around a place.

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "convolution/direct/direct.h"
#include "convolution/direct/packing.h"
#include "shared/parallel.h"

namespace resnet {
namespace {

// A weight's place in the source, seen from the pixel that it is for, and which of the filter's taps it is.
struct Sight {
  int64_t y, x, tap;
};

// Runs of pixels that see the same taps.
struct View {
  std::vector<Tap> taps;
  std::vector<Run> runs;  // of all images that are packed at a time, one image after the other
  bool threes;
};

// Maps of the result that see the source alike: [row + step_h * i, column + step_w * j] sees [src_step_h * i,
// src_step_w * j] + sights. A convolution is one phase, the input gradient of one with a stride is stride^2.
struct Phase {
  int64_t row, column, step_h, step_w, rows, columns;
  std::vector<Sight> sights;
  std::vector<View> views;
  const float* panels;
};

// A sum over places of a source, for each pixel of a result.
struct Correlation {
  const Kernels& kernels;
  int64_t batch, h, w, c;  // of the result
  int64_t src_h, src_w, src_c, src_step_h, src_step_w;
  std::vector<Phase> phases;
  Packing packing{};
  int64_t chunks_ = 0;

  // Panels are of two vectors; what is left over may be one of one.
  int64_t Width() const { return c <= kernels.lanes ? kernels.lanes : 2 * kernels.lanes; }
  int64_t WidthOf(int64_t panel) const { return c - panel <= kernels.lanes ? kernels.lanes : Width(); }

  // The filter is [taps][source channels][channels], or if it is turned [taps][channels][source channels].
  void MakePanels(const float* filter, bool turned) {
    const int64_t depth = CeilDiv(src_c, kBlock * kernels.numbers) * kBlock;
    int64_t size = 0;
    for (const Phase& phase : phases) size += phase.sights.size() * depth * RoundUp(c, kernels.lanes);
    float* panels = Scratch(kPanels, size);
    for (Phase& phase : phases) {
      phase.panels = panels;
      std::vector<int64_t> which;
      for (const Sight& sight : phase.sights) which.push_back(sight.tap);
      const int64_t taps = which.size(), width = Width();
      Parallel(CeilDiv(c, width), [&](int i) {
        float* to = panels + i * width * taps * depth;
        kernels.pack_weights({filter, turned, which.data(), taps, src_c, c, i * width, WidthOf(i * width), to});
      });
      panels += taps * depth * RoundUp(c, kernels.lanes);
    }
  }

  void Compute(const float* from, const float* addend, float* to, Epilogue* epilogue) {
    Arrange();
    for (Phase& phase : phases) Look(phase);
    const int64_t chunks = chunks_;
    const int64_t from_size = src_h * src_w * src_c / packing.neighbors, to_size = h * w * c;
    const int64_t steps = Steps();
    if (epilogue) epilogue->Begin(chunks);
    Parallel(chunks, [&](int i) {
      const int64_t first = Begin(i), count = Begin(i + 1) - first;
      float* source = Scratch(kSource, packing.Size());
      packing.Pack(kernels, from + first * from_size, count, false, source);
      float* result = to + first * to_size;
      if (addend && addend != to) {
        std::memcpy(result, addend + first * to_size, count * to_size * sizeof(float));
      }
      const int64_t next = Begin(i + Cores()), next_end = Begin(i + Cores() + 1);
      Ahead ahead = Soon(from + next * from_size, from + next_end * from_size, steps);
      RunChunk(source, count, result, addend != nullptr, ahead);
      if (epilogue) epilogue->Apply(i, first * h * w, count * h * w);
    });
  }

 private:
  // Decides how the source is packed.
  void Arrange() {
    Packing& p = packing;
    p.h = src_h, p.w = src_w, p.c = src_c;
    p.block_numbers = kBlock * kernels.numbers;
    // A row of 16 pixels is a tile by itself.
    p.side_by_side = h * w <= (kernels.turn_squares ? 64 : 256) && batch >= 8;
    p.stride_h = src_step_h, p.stride_w = src_step_w;
    p.rows = src_h, p.columns = src_w;
    int64_t right = 0;
    for (const Phase& phase : phases) {
      for (const Sight& sight : phase.sights) {
        if (!p.side_by_side) p.left = std::max(p.left, -sight.x);
        right = std::max(right, (phase.columns - 1) * src_step_w + sight.x + 1);
      }
    }
    if (!p.side_by_side) p.columns = p.left + std::max(src_w, right);
    // A filter smaller than the stride doesn't see all rows and columns.
    for (const Phase& phase : phases) {
      for (const Sight& sight : phase.sights) {
        p.kept_h = std::max(p.kept_h, Modulo(sight.y, src_step_h) + 1);
        p.kept_w = std::max(p.kept_w, Modulo(sight.x + p.left, src_step_w) + 1);
      }
    }
    p.Arrange(1);
    // Images side by side are to fill a tile, or two where it is small; the rest as many as stay in the second cache.
    const int64_t tile = kernels.pixels[Width() / kernels.lanes];
    const int64_t most = p.side_by_side ? std::max<int64_t>(tile, 14 / tile * tile)
                                        : std::clamp<int64_t>(98304 / p.Size(), 1, CeilDiv(batch, 2 * Cores()));
    chunks_ = CeilDiv(batch, most);
    int64_t largest = 0;
    for (int64_t i = 0; i < chunks_; ++i) largest = std::max(largest, Begin(i + 1) - Begin(i));
    p.Arrange(largest);
  }

  // Where a chunk begins: all have about the same number of images, side by side an even one.
  int64_t Begin(int64_t chunk) const {
    if (chunk >= chunks_) return batch;
    const int64_t even = packing.side_by_side ? 2 : 1;
    return batch * chunk / chunks_ / even * even;
  }

  bool Inside(int64_t y, int64_t x) const { return y >= 0 && y < src_h && x >= 0 && x < src_w; }

  // Sorts a phase's pixels by the taps that they see. Of packed rows only those that exist are seen.
  void Look(Phase& phase) const {
    const auto result_at = [&](int64_t y, int64_t x) {
      return ((phase.row + y * phase.step_h) * w + phase.column + x * phase.step_w) * c;
    };
    const bool pixelwise = packing.side_by_side;
    std::vector<std::vector<int64_t>> rows;  // of each view, if it is of rows
    for (int64_t y = 0; y < phase.rows; ++y) {
      for (int64_t x = 0; x < (pixelwise ? phase.columns : 1); ++x) {
        View view{};
        for (size_t t = 0; t < phase.sights.size(); ++t) {
          const int64_t src_y = y * src_step_h + phase.sights[t].y, src_x = x * src_step_w + phase.sights[t].x;
          if (!Inside(src_y, pixelwise ? src_x : 0)) continue;
          const int64_t place = packing.At(src_y, packing.left + src_x) - (pixelwise ? 0 : RowAt(y));
          view.taps.push_back({place, static_cast<int64_t>(t) * kBlock});
        }
        if (pixelwise) {
          view.runs.push_back({0, result_at(y, x), packing.images});
          phase.views.push_back(std::move(view));
          continue;
        }
        const auto same = std::find_if(phase.views.begin(), phase.views.end(), [&](const View& other) {
          return std::equal(view.taps.begin(), view.taps.end(), other.taps.begin(), other.taps.end(),
                            [](const Tap& a, const Tap& b) { return a.source == b.source && a.row == b.row; });
        });
        if (same != phase.views.end()) {
          rows[same - phase.views.begin()].push_back(y);
        } else {
          view.threes = phase.columns % 8 == 0 && ThreesFollow(view.taps);
          phase.views.push_back(std::move(view));
          rows.push_back({y});
        }
      }
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      for (int64_t image = 0; image < packing.images; ++image) {
        for (const int64_t y : rows[i]) {
          phase.views[i].runs.push_back(
              {image * packing.image_step + RowAt(y), image * h * w * c + result_at(y, 0), phase.columns});
        }
      }
    }
  }

  int64_t RowAt(int64_t y) const { return packing.At(y * src_step_h, 0); }

  static bool ThreesFollow(const std::vector<Tap>& taps) {
    if (taps.empty() || taps.size() % 3 != 0) return false;
    for (size_t i = 0; i < taps.size(); ++i) {
      if (taps[i].source != taps[i / 3 * 3].source + static_cast<int64_t>(i % 3) * kBlock) return false;
    }
    return true;
  }

  // About how often a chunk's tiles take up a tap.
  int64_t Steps() const {
    int64_t steps = 0;
    for (const Phase& phase : phases) steps += phase.rows * phase.columns * phase.sights.size();
    return steps * packing.images * packing.blocks.size() * CeilDiv(c, Width()) /
           kernels.pixels[Width() / kernels.lanes];
  }

  void RunChunk(const float* source, int64_t count, float* result, bool add, Ahead& ahead) const {
    const int64_t blocks = packing.blocks.size();
    for (int64_t panel = 0; panel < c; panel += Width()) {
      Sweep sweep{};
      sweep.source = source, sweep.result = result + panel;
      sweep.vectors = WidthOf(panel) / kernels.lanes, sweep.lanes = std::min(WidthOf(panel), c - panel);
      sweep.source_step = packing.block_step;
      sweep.blocks = blocks;
      sweep.last_depth = CeilDiv(src_c - (blocks - 1) * packing.block_numbers, kernels.numbers);
      sweep.add = add;
      sweep.ahead = &ahead;
      for (const Phase& phase : phases) {
        if (phase.sights.empty() && add) continue;
        const int64_t taps = phase.sights.size();
        sweep.panel = phase.panels + panel * taps * blocks * kBlock;
        sweep.panel_step = taps * kBlock * WidthOf(panel);
        sweep.pixel_step = packing.side_by_side ? h * w * c : phase.step_w * c;
        const int64_t pixels = packing.side_by_side ? count : phase.columns;
        sweep.wide = RoundUp(pixels, kernels.wide) < RoundUp(pixels, kernels.narrow[sweep.vectors]);
        for (const View& view : phase.views) {
          Run run = view.runs[0];
          run.pixels = pixels;
          sweep.runs = packing.side_by_side ? &run : view.runs.data();
          sweep.run_count = packing.side_by_side ? 1 : view.runs.size() / packing.images * count;
          sweep.taps = view.taps.data(), sweep.tap_count = view.taps.size();
          sweep.threes = view.threes;
          kernels.sweep(sweep);
        }
      }
    }
  }
};

}  // namespace

void DirectConvolve(const Kernels& kernels, const Convolution& shape, const float* x, const float* filter, float* y,
                    Epilogue* epilogue) {
  const bool neighbors = TakesNeighbors(shape);
  const Convolution s = neighbors ? WithNeighbors(shape) : shape;
  Correlation correlation{kernels, s.batch, s.out_h,    s.out_w,    s.out_c, s.in_h,
                          s.in_w,  s.in_c,  s.stride_h, s.stride_w, {}};
  if (neighbors) TakeNeighbors(shape, correlation.packing);
  Phase phase{0, 0, 1, 1, s.out_h, s.out_w, {}, {}, nullptr};
  for (int64_t a = 0; a < s.kernel_h; ++a) {
    for (int64_t b = 0; b < s.kernel_w; ++b)
      phase.sights.push_back({a - s.pad_top, b - s.pad_left, a * s.kernel_w + b});
  }
  correlation.phases.push_back(std::move(phase));
  correlation.MakePanels(filter, false);
  correlation.Compute(x, nullptr, y, epilogue);
}

void DirectInputGradient(const Kernels& kernels, const Convolution& s, const float* filter, const float* dy,
                         const float* addend, float* dx, Epilogue* epilogue) {
  Correlation correlation{kernels, s.batch, s.in_h, s.in_w, s.in_c, s.out_h, s.out_w, s.out_c, 1, 1, {}};
  for (int64_t row = 0; row < std::min(s.stride_h, s.in_h); ++row) {
    for (int64_t column = 0; column < std::min(s.stride_w, s.in_w); ++column) {
      // dx[a] sums dy[(a + pad - k) / stride] over the k that divide.
      Phase phase{
          row, column, s.stride_h, s.stride_w, CeilDiv(s.in_h - row, s.stride_h), CeilDiv(s.in_w - column, s.stride_w),
          {},  {},     nullptr};
      for (int64_t a = (row + s.pad_top) % s.stride_h; a < s.kernel_h; a += s.stride_h) {
        for (int64_t b = (column + s.pad_left) % s.stride_w; b < s.kernel_w; b += s.stride_w) {
          phase.sights.push_back(
              {(row + s.pad_top - a) / s.stride_h, (column + s.pad_left - b) / s.stride_w, a * s.kernel_w + b});
        }
      }
      // Pixel after pixel, as in a convolution.
      std::reverse(phase.sights.begin(), phase.sights.end());
      correlation.phases.push_back(std::move(phase));
    }
  }
  correlation.MakePanels(filter, true);
  correlation.Compute(dy, addend, dx, epilogue);
}

}  // namespace resnet
