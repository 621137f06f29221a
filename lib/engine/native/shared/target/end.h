// Ends what another header of this folder has begun. GCC's holds to the end of the file.

#if defined(__clang__)
#pragma clang attribute pop
#endif
