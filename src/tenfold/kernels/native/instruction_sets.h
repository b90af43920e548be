// Which of the compiled instruction sets is used.

#pragma once

#include <atomic>
#include <cstring>

#include "conv_block.h"

namespace tenfold {

// Null if there is no such set, or this processor does not have it.
inline const ConvKernels* find_kernels(const char* name) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (!std::strcmp(name, "avx512") && avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl"))
    return &conv_kernels_avx512;
  if (!std::strcmp(name, "avx2") && avx2) return &conv_kernels_avx2;
#endif
  return std::strcmp(name, "plain") ? nullptr : &conv_kernels_plain;
}

inline std::atomic<const ConvKernels*> chosen_kernels{&conv_kernels_plain};

inline const ConvKernels& kernels() { return *chosen_kernels.load(std::memory_order_relaxed); }

}  // namespace tenfold
