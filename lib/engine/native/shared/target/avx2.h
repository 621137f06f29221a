// Compiles what follows, down to end.h, for processors with AVX2. Included after the standard library's headers.

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC target("avx2,fma")
#endif
