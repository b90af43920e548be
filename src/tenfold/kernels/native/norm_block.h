// Batch normalisation + ReLU as one block, and the functions that compute it.

#pragma once

#include <cstddef>

namespace tenfold {

// Values [rows, channels]: all positions of all images, channels last. With x a value, m and s² its channel's mean and
// variance over all rows, the block gives
//
//     y = factor × (x − m) + beta, cut off at 0 if `relu`,    factor = gamma / √(s² + ε)
struct NormRows {
  const float* inputs;
  size_t rows, channels;
};

// What each channel is multiplied with, and what is added before and after: a row of each, [channels].
struct NormScale {
  const float *mean, *factor, *beta;
  bool relu;
};

// The functions of one instruction set. `first` and `count` choose rows; sums and moments are rows of [channels].
struct NormKernels {
  // Mean of the chosen rows, and the sum of the squared differences from it.
  void (*moments)(const NormRows&, size_t first, size_t count, float* mean, float* squares);

  void (*apply)(const NormRows&, const NormScale&, size_t first, size_t count, float* outputs);

  // Σ g and Σ g (x − m) over the chosen rows, g being the gradient of y where ReLU lets it pass.
  void (*sum_gradients)(const NormRows&, const NormScale&, const float* gradients, size_t first, size_t count,
                        float* sums, float* products);

  // factor × (g − mean_gradient − (x − m) × slope): the gradient of x, where m and s² depend on x, too.
  void (*input_gradients)(const NormRows&, const NormScale&, const float* gradients, const float* mean_gradient,
                          const float* slope, size_t first, size_t count, float* input_gradients);
};

extern const NormKernels norm_kernels_plain;
#if defined(__x86_64__)
extern const NormKernels norm_kernels_avx2;
extern const NormKernels norm_kernels_avx512;
#endif

}  // namespace tenfold
