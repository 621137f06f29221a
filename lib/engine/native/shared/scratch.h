// Memory that a thread keeps from one operation to the next: new memory costs a page fault for each 4 KB.

#pragma once

#include <cstdint>

namespace resnet {

inline int64_t CeilDiv(int64_t a, int64_t b) {
  return (a + b - 1) / b;
}

inline int64_t RoundUp(int64_t a, int64_t b) {
  return CeilDiv(a, b) * b;
}

// Each use has a slot of its own. What is in a slot is anything, but for kZeros, which nobody writes to.
enum Slot { kSource, kGradient, kMargins, kPanels, kSums, kTurned, kZeros, kSlots };

// Memory of this thread for `count` numbers, on a cache line's begin.
float* Scratch(Slot slot, int64_t count);

}  // namespace resnet
