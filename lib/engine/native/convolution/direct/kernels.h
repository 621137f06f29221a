// The loops that are compiled once for each instruction set, and what they are told.
//
// Images are packed before they are multiplied: blocks of 16 cells of a pixel, pixels that follow one another in a
// tile 16 cells apart, so that a tile needs few pointers. A cell is a float, or two bfloat16: two channels of a pixel,
// or for the filter's gradient the same channel of two images.

#pragma once

#include <cstdint>

namespace resnet {

// Cells in a block.
constexpr int64_t kBlock = 16;

// Where numbers go that are packed.
struct PackJob {
  const float* from;  // images [images][h][w][c]
  int64_t images, h, w, c;
  int64_t channels;         // how many to pack; more than c if they are those of neighboring pixels too
  int64_t image_size;       // numbers from one image to the next
  int64_t first_row, rows;  // rows to pack; those outside the image are zeros
  int64_t left, columns;    // first column -left, how many; those outside the image are zeros
  // A stride's convolution sees every second row and column: each residue that a tap falls on has a plane of its own.
  int64_t stride_h, stride_w, kept_h, kept_w;
  bool image_pairs;  // whether a cell of two numbers has them of two images
  float* to;
  const int64_t* blocks;                                  // where the blocks of channels start
  int64_t image_step, row_step, plane_step, column_step;  // in cells
};

// A panel of a filter's weights, [depth / block][tap][16 cells][width], for `width` result channels.
struct WeightJob {
  const float* filter;  // [all taps][depth][channels], or if it is turned [all taps][channels][depth]
  bool turned;
  const int64_t* which;  // taps of the filter
  int64_t taps, depth, channels;
  int64_t first, width;  // result channels
  float* to;
};

// A place that is seen from a pixel: how far it is in the source, and its row of weights in a block's part of a panel.
struct Tap {
  int64_t source, row;
};

// Memory that is needed soon, fetched to the second cache a little at a time in the loops, which leave time for it,
// while packing would wait for every line.
struct Ahead {
  const char *at, *end;
  int64_t wait;  // so many taps of a tile, or stretches, before the first; then some lines with each
};

constexpr int64_t kLine = 64, kLinesAtOnce = 4;

// Maps of the result one after another, which lie 16 cells apart in the source: where the first is.
struct Run {
  int64_t source, result, pixels;
};

// What the runs of a sweep have in common: the channels of a panel, and the taps.
struct Sweep {
  const float* source;
  float* result;
  const Run* runs;
  int64_t run_count;
  const Tap* taps;
  int64_t tap_count;
  const float* panel;
  int64_t panel_step, source_step;  // from one block of channels to the next
  int64_t blocks, last_depth;       // cells of the last block that there are
  int64_t pixel_step;               // in the result
  int vectors;                      // of a panel
  int64_t lanes;                    // channels that there are
  bool add;                         // to what the result holds
  bool threes;                      // taps come in threes, 16 cells apart in the source, and so do their weights
  bool wide;                        // groups of kWide neighbors rather than of 2 or 4
  Ahead* ahead;
};

// For the filter's gradient: pixels that lie one after another, and what they see of x too. dy is counted in pixels.
struct Stretch {
  int64_t x, dy, pixels;
};

struct FilterSweep {
  const Stretch* stretches;
  int64_t count;
  const float *x, *dy;
  int vectors;
  int64_t channels;  // of x
  float* sums;       // [channel][width]
  // Tiles take two blocks of channels at a time: how far the second is from the first.
  int64_t blocks, x_step, sums_step;
  // If x has kFew channels, three taps at a time: [channel][tap][width]. They are so far from where a stretch says.
  bool few;
  int64_t taps[3];
  Ahead* ahead;
};

struct Kernels {
  int lanes, numbers;  // of a vector, in a cell
  int wide;
  int pixels[3];    // of a tile, by vectors
  int narrow[3];    // neighbors in a group that isn't wide, by vectors
  int channels[3];  // of x, in a tile of the filter's gradient, by vectors
  int few;          // channels of x for which there is a tile of three taps; 0: there is none
  void (*pack)(const PackJob&);
  void (*pack_weights)(const WeightJob&);
  void (*sweep)(const Sweep&);
  void (*filter_sweep)(const FilterSweep&);
  // Turns squares of 16 x 16 cells, which the filter's gradient by tiles takes of x; null where it takes them as
  // packed.
  void (*turn_squares)(float* cells, int64_t squares);
};

// Null where this kind of processor has no such instructions.
extern const Kernels *const kPortableKernels, *const kAvx2Kernels, *const kAvx512Kernels, *const kAvx512Bf16Kernels,
                                                                                              *const kAmxKernels;

}  // namespace resnet
