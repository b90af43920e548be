// What XLA calls for batch normalisation: rows in slices that stay in a near cache, spread over threads.
//
// Slices do not depend on the number of threads, and what they give is added in their order: the same inputs give the
// same bytes.

#include <algorithm>
#include <cmath>

#include "instruction_sets.h"
#include "memory.h"
#include "norm_block.h"
#include "parallel.h"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

namespace tenfold {
namespace {

using Rows = ffi::Buffer<ffi::F32, 2>;
using PerChannel = ffi::Buffer<ffi::F32, 1>;

constexpr size_t kSliceFloats = 8192;  // read two or three times while they are in a near cache

struct Slices {
  size_t rows, size;

  explicit Slices(const NormRows& all) : rows(all.rows), size(std::max<size_t>(1, kSliceFloats / all.channels)) {}
  int count() const { return static_cast<int>((rows + size - 1) / size); }
  size_t first(int slice) const { return slice * size; }
  size_t rows_of(int slice) const { return std::min(size, rows - first(slice)); }
};

NormRows rows_of(const Rows& inputs) {
  return {inputs.typed_data(), static_cast<size_t>(inputs.dimensions()[0]),
          std::max<size_t>(1, inputs.dimensions()[1])};
}

// Calls use(slice) for all slices, in shares of neighbours.
template <typename Use>
void for_slices(ffi::ThreadPool& pool, const Slices& slices, const Use& use) {
  const int parts = std::min(slices.count(), 4 * threads(pool));
  parallel(pool, parts, [&](int part) {
    for (int slice = share(slices.count(), part, parts); slice < share(slices.count(), part + 1, parts); slice++)
      use(slice);
  });
}

// gamma / √(variance + ε), [channels].
void fill_factors(const PerChannel& gamma, const float* variance, float epsilon, float* factors) {
  for (size_t c = 0; c < gamma.element_count(); c++)
    factors[c] = gamma.typed_data()[c] / std::sqrt(variance[c] + epsilon);
}

// Mean and variance of all rows from those of the slices (Chan, Golub, LeVeque: Updating formulae, 1979).
void join_moments(const Slices& slices, size_t channels, const float* of_slices, float* mean, float* variance) {
  const auto slice_mean = [&](int slice) { return of_slices + 2 * slice * channels; };
  for (size_t c = 0; c < channels; c++) {
    double sum = 0, squares = 0;
    for (int slice = 0; slice < slices.count(); slice++) sum += double(slice_mean(slice)[c]) * slices.rows_of(slice);
    const double middle = sum / slices.rows;
    for (int slice = 0; slice < slices.count(); slice++) {
      const double away = slice_mean(slice)[c] - middle;
      squares += slice_mean(slice)[channels + c] + away * away * slices.rows_of(slice);
    }
    mean[c] = static_cast<float>(middle);
    variance[c] = static_cast<float>(squares / slices.rows);
  }
}

ffi::Error Forward(ffi::ThreadPool pool, bool relu, float epsilon, Rows inputs, PerChannel gamma, PerChannel beta,
                   ffi::Result<Rows> outputs, ffi::Result<PerChannel> mean, ffi::Result<PerChannel> variance) {
  const NormRows rows = rows_of(inputs);
  const Slices slices(rows);
  const size_t channels = rows.channels;
  float* moments = memory(kShared, 2 * channels * slices.count() + channels);
  float* factors = moments + 2 * channels * slices.count();
  for_slices(pool, slices, [&](int slice) {
    float* own = moments + 2 * slice * channels;
    kernels().norm.moments(rows, slices.first(slice), slices.rows_of(slice), own, own + channels);
  });
  join_moments(slices, channels, moments, mean->typed_data(), variance->typed_data());
  fill_factors(gamma, variance->typed_data(), epsilon, factors);
  const NormScale scale = {mean->typed_data(), factors, beta.typed_data(), relu};
  for_slices(pool, slices, [&](int slice) {
    kernels().norm.apply(rows, scale, slices.first(slice), slices.rows_of(slice), outputs->typed_data());
  });
  return ffi::Error::Success();
}

// Σ g and Σ g (x − m) / √(s² + ε) of all rows, from the slices' sums. Leaves what input_gradients needs in `means` and
// `slopes`: the mean of g, and that of g (x − m) / (s² + ε).
void join_gradients(const Slices& slices, size_t channels, const float* of_slices, const float* variance, float epsilon,
                    float* gamma_gradient, float* beta_gradient, float* means, float* slopes) {
  for (size_t c = 0; c < channels; c++) {
    double sum = 0, product = 0;
    for (int slice = 0; slice < slices.count(); slice++) {
      sum += of_slices[2 * slice * channels + c];
      product += of_slices[(2 * slice + 1) * channels + c];
    }
    const double spread = double(variance[c]) + epsilon;
    beta_gradient[c] = static_cast<float>(sum);
    gamma_gradient[c] = static_cast<float>(product / std::sqrt(spread));
    means[c] = static_cast<float>(sum / slices.rows);
    slopes[c] = static_cast<float>(product / slices.rows / spread);
  }
}

ffi::Error Backward(ffi::ThreadPool pool, bool relu, float epsilon, Rows inputs, PerChannel gamma, PerChannel beta,
                    PerChannel mean, PerChannel variance, Rows gradients, ffi::Result<Rows> input_gradients,
                    ffi::Result<PerChannel> gamma_gradient, ffi::Result<PerChannel> beta_gradient) {
  const NormRows rows = rows_of(inputs);
  const Slices slices(rows);
  const size_t channels = rows.channels;
  float* sums = memory(kShared, 2 * channels * slices.count() + 3 * channels);
  float* factors = sums + 2 * channels * slices.count();
  float *means = factors + channels, *slopes = means + channels;
  fill_factors(gamma, variance.typed_data(), epsilon, factors);
  const NormScale scale = {mean.typed_data(), factors, beta.typed_data(), relu};
  for_slices(pool, slices, [&](int slice) {
    float* own = sums + 2 * slice * channels;
    kernels().norm.sum_gradients(rows, scale, gradients.typed_data(), slices.first(slice), slices.rows_of(slice), own,
                                 own + channels);
  });
  join_gradients(slices, channels, sums, variance.typed_data(), epsilon, gamma_gradient->typed_data(),
                 beta_gradient->typed_data(), means, slopes);
  for_slices(pool, slices, [&](int slice) {
    kernels().norm.input_gradients(rows, scale, gradients.typed_data(), means, slopes, slices.first(slice),
                                   slices.rows_of(slice), input_gradients->typed_data());
  });
  return ffi::Error::Success();
}

}  // namespace
}  // namespace tenfold

#pragma GCC visibility push(default)

XLA_FFI_DEFINE_HANDLER_SYMBOL(TenfoldNormForward, tenfold::Forward,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Attr<bool>("relu")
                                  .Attr<float>("epsilon")
                                  .Arg<tenfold::Rows>()
                                  .Arg<tenfold::PerChannel>()
                                  .Arg<tenfold::PerChannel>()
                                  .Ret<tenfold::Rows>()
                                  .Ret<tenfold::PerChannel>()
                                  .Ret<tenfold::PerChannel>());

XLA_FFI_DEFINE_HANDLER_SYMBOL(TenfoldNormBackward, tenfold::Backward,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Attr<bool>("relu")
                                  .Attr<float>("epsilon")
                                  .Arg<tenfold::Rows>()
                                  .Arg<tenfold::PerChannel>()
                                  .Arg<tenfold::PerChannel>()
                                  .Arg<tenfold::PerChannel>()
                                  .Arg<tenfold::PerChannel>()
                                  .Arg<tenfold::Rows>()
                                  .Ret<tenfold::Rows>()
                                  .Ret<tenfold::PerChannel>()
                                  .Ret<tenfold::PerChannel>());

#pragma GCC visibility pop
