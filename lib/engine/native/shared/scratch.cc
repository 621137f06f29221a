#include "shared/scratch.h"

#include <cstdlib>
#include <cstring>

#if defined(__linux__)
#include <sys/mman.h>
#endif

namespace resnet {

float* Scratch(Slot slot, int64_t count) {
  struct Kept {
    float* memory = nullptr;
    int64_t count = 0;
    ~Kept() { std::free(memory); }
  };
  static thread_local Kept slots[kSlots];
  Kept& kept = slots[slot];
  if (kept.count < count || !kept.memory) {
    std::free(kept.memory);
    // Large pages where there is enough to fill one: Winograd's transforms write to 36 places at once.
    constexpr int64_t kLine = 64, kLargePage = 2 << 20;
    const int64_t bytes = RoundUp(count * sizeof(float) + 1, kLine);
    const int64_t page = bytes >= kLargePage ? kLargePage : kLine, size = RoundUp(bytes, page);
    kept.memory = static_cast<float*>(std::aligned_alloc(page, size));
    kept.count = size / sizeof(float);
#if defined(__linux__)
    if (page == kLargePage) madvise(kept.memory, size, MADV_HUGEPAGE);
#endif
    if (slot == kZeros) std::memset(kept.memory, 0, size);
  }
  return kept.memory;
}

}  // namespace resnet
