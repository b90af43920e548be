// Dropout with the random numbers that JAX would draw.

#pragma once

#include <cstddef>
#include <cstdint>

namespace tenfold {

// Threefry's key, and the share of values that are kept.
struct DropoutRule {
  uint32_t key[2];
  float keep;
};

// The functions of one instruction set.
struct DropoutKernels {
  // outputs[i] = inputs[i] / keep or 0, for i from `first` on; whether a value is kept follows from the key and i.
  void (*drop)(const DropoutRule&, const float* inputs, size_t first, size_t count, float* outputs);
};

extern const DropoutKernels dropout_kernels_plain;
#if defined(__x86_64__)
extern const DropoutKernels dropout_kernels_avx2;
extern const DropoutKernels dropout_kernels_avx512;
#endif

}  // namespace tenfold
