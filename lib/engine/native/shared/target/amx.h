// Compiles what follows, down to end.h, for processors with AMX's tiles of bfloat16. Included after the standard
// library's headers.

#if defined(__clang__)
#pragma clang attribute push(                                                                            \
    __attribute__((target("avx2,fma,avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,amx-tile,amx-bf16"))), \
    apply_to = function)
#else
#pragma GCC target("avx2,fma,avx512f,avx512vl,avx512bw,avx512dq,avx512bf16,amx-tile,amx-bf16,prefer-vector-width=512")
#endif
