// Which of the compiled instruction sets is used.

#pragma once

#include <atomic>
#include <cstring>

#include "conv_block.h"
#include "dropout.h"
#include "norm_block.h"
#include "optimizer_step.h"
#include "product.h"

namespace tenfold {

// All functions of one instruction set.
struct Kernels {
  const char* name;
  const ConvKernels& conv;
  const DropoutKernels& dropout;
  const NormKernels& norm;
  const ProductKernels& product;
  const OptimizerKernels& optimizer;
};

inline constexpr Kernels kPlain = {"plain",
    conv_kernels_plain, dropout_kernels_plain, norm_kernels_plain, product_kernels_plain, optimizer_kernels_plain};
#if defined(__x86_64__)
inline constexpr Kernels kAvx2 = {"avx2",
    conv_kernels_avx2, dropout_kernels_avx2, norm_kernels_avx2, product_kernels_avx2, optimizer_kernels_avx2};
inline constexpr Kernels kAvx512 = {"avx512",
    conv_kernels_avx512, dropout_kernels_avx512, norm_kernels_avx512, product_kernels_avx512, optimizer_kernels_avx512};
#endif

// Null if there is no such set, or this processor does not have it.
inline const Kernels* find_kernels(const char* name) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (!std::strcmp(name, "avx512") && avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl"))
    return &kAvx512;
  if (!std::strcmp(name, "avx2") && avx2) return &kAvx2;
#endif
  return std::strcmp(name, "plain") ? nullptr : &kPlain;
}

inline std::atomic<const Kernels*> chosen_kernels{&kPlain};

inline const Kernels& kernels() { return *chosen_kernels.load(std::memory_order_relaxed); }

}  // namespace tenfold
