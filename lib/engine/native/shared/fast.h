// Marks a function that is compiled for processors with AVX2, and runs only at a KernelLevel that has it.

#pragma once

#if defined(__x86_64__)
#define RESNET_FAST __attribute__((target("avx2,fma")))
#else
#define RESNET_FAST
#endif
