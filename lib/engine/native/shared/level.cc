#include "shared/level.h"

#include <cstdlib>
#include <cstring>
#include <initializer_list>

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__x86_64__) && defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "convolution/direct/kernels.h"

namespace resnet {
namespace {

#if defined(__x86_64__)
// Whether there are AMX's tiles of bfloat16, which Linux gives to a process that asks for them.
bool HasTiles() {
#if defined(__linux__)
  constexpr unsigned kBfloat16 = 1u << 22, kTiles = 1u << 24;
  unsigned a, b, c, d;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d & kBfloat16) == 0 || (d & kTiles) == 0) return false;
  // ARCH_REQ_XCOMP_PERM of asm/prctl.h, and the number of the tiles' part of a thread's state.
  constexpr long kRequest = 0x1023, kTileData = 18;
  return kAmxKernels && syscall(SYS_arch_prctl, kRequest, kTileData) == 0;
#else
  return false;
#endif
}
#endif

bool Has(Level level) {
  switch (level) {
#if defined(__x86_64__)
    case Level::kPortable:  // batch normalization is compiled for AVX2
    case Level::kAvx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Level::kAvx512:
      return Has(Level::kAvx2) && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq");
    case Level::kAvx512Bf16:
      return Has(Level::kAvx512) && __builtin_cpu_supports("avx512bf16");
    case Level::kAmx:
      return Has(Level::kAvx512Bf16) && HasTiles();
#else
    case Level::kPortable:
#endif
    case Level::kTensorFlow:
      return true;
    default:
      return false;
  }
}

Level Choose() {
  if (const char* wanted = std::getenv("RESNET_KERNELS"); wanted && *wanted) {
    for (const Level level : {Level::kPortable, Level::kAvx2, Level::kAvx512, Level::kAvx512Bf16, Level::kAmx}) {
      if (std::strcmp(wanted, NameOf(level)) == 0 && Has(level)) return level;
    }
    return Level::kTensorFlow;
  }
  for (const Level level : {Level::kAmx, Level::kAvx512Bf16, Level::kAvx512, Level::kAvx2}) {
    if (Has(level)) return level;
  }
#if defined(__x86_64__)
  return Level::kTensorFlow;  // oneDNN is faster than vectors of four numbers
#else
  return Level::kPortable;
#endif
}

}  // namespace

Level KernelLevel() {
  static const Level level = Choose();
  return level;
}

const char* NameOf(Level level) {
  switch (level) {
    case Level::kPortable:
      return "portable";
    case Level::kAvx2:
      return "avx2";
    case Level::kAvx512:
      return "avx512";
    case Level::kAvx512Bf16:
      return "avx512_bf16";
    case Level::kAmx:
      return "amx_bf16";
    default:
      return "tensorflow";
  }
}

}  // namespace resnet
