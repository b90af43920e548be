// Batch normalisation for one instruction set: this file is compiled once for each, with TENFOLD_TARGET as its name.
//
//     for each vector of channels
//       for each of some rows (few enough to stay in a near cache)
//
// so that a channel's sums stay in registers. What ReLU let pass is computed again from the inputs, by the same
// operations: reading the outputs would take longer.

#include "norm_block.h"

#include "target.h"
#include "vectors.h"

namespace {

using tenfold::NormRows;
using tenfold::NormScale;

// Calls use(first channel, channels) for each vector of channels.
template <typename Use>
void for_channels(const NormRows& rows, const Use& use) {
  const int channels = static_cast<int>(rows.channels);
  for (int channel = 0; channel < channels; channel += kLanes) use(channel, smaller(kLanes, channels - channel));
}

// Calls use(a vector of inputs, where it lies) for some rows of one vector of channels.
template <typename Use>
void for_rows(const NormRows& rows, size_t first, size_t count, int channel, int lanes, const Use& use) {
  size_t at = first * rows.channels + channel;
  for (size_t row = 0; row < count; row++, at += rows.channels) use(load_part(rows.inputs + at, lanes), at);
}

void moments(const NormRows& rows, size_t first, size_t count, float* mean, float* squares) {
  for_channels(rows, [&](int channel, int lanes) {
    Vector sum = {}, square = {};
    for_rows(rows, first, count, channel, lanes, [&](Vector x, size_t) { sum += x; });
    const Vector middle = sum / broadcast(static_cast<float>(count));
    for_rows(rows, first, count, channel, lanes, [&](Vector x, size_t) { square += (x - middle) * (x - middle); });
    store_part(mean + channel, middle, lanes);
    store_part(squares + channel, square, lanes);
  });
}

// One vector of channels of a NormScale.
struct Channels {
  Vector mean, factor, beta;
  bool relu;

  Channels(const NormScale& scale, int channel, int lanes)
      : mean(load_part(scale.mean + channel, lanes)),
        factor(load_part(scale.factor + channel, lanes)),
        beta(load_part(scale.beta + channel, lanes)),
        relu(scale.relu) {}

  Vector linear(Vector x) const { return (x - mean) * factor + beta; }
  Vector output(Vector x) const {
    const Vector y = linear(x);
    return relu ? (y <= 0 ? Vector{} : y) : y;
  }
  Vector passed(Vector x, Vector gradient) const { return relu ? (linear(x) <= 0 ? Vector{} : gradient) : gradient; }
};

void apply(const NormRows& rows, const NormScale& scale, size_t first, size_t count, float* outputs) {
  for_channels(rows, [&](int channel, int lanes) {
    const Channels channels(scale, channel, lanes);
    for_rows(rows, first, count, channel, lanes,
             [&](Vector x, size_t at) { store_part(outputs + at, channels.output(x), lanes); });
  });
}

void sum_gradients(const NormRows& rows, const NormScale& scale, const float* gradients, size_t first, size_t count,
                   float* sums, float* products) {
  for_channels(rows, [&](int channel, int lanes) {
    const Channels channels(scale, channel, lanes);
    Vector sum = {}, product = {};
    for_rows(rows, first, count, channel, lanes, [&](Vector x, size_t at) {
      const Vector gradient = channels.passed(x, load_part(gradients + at, lanes));
      sum += gradient;
      product += gradient * (x - channels.mean);
    });
    store_part(sums + channel, sum, lanes);
    store_part(products + channel, product, lanes);
  });
}

void input_gradients(const NormRows& rows, const NormScale& scale, const float* gradients, const float* mean_gradient,
                     const float* slope, size_t first, size_t count, float* input_gradients) {
  for_channels(rows, [&](int channel, int lanes) {
    const Channels channels(scale, channel, lanes);
    const Vector mean = load_part(mean_gradient + channel, lanes), steep = load_part(slope + channel, lanes);
    for_rows(rows, first, count, channel, lanes, [&](Vector x, size_t at) {
      const Vector gradient = channels.passed(x, load_part(gradients + at, lanes));
      store_part(input_gradients + at, channels.factor * (gradient - mean - (x - channels.mean) * steep), lanes);
    });
  });
}

}  // namespace

namespace tenfold {

const NormKernels TENFOLD_TABLE(norm_kernels) = {moments, apply, sum_gradients, input_gradients};

}  // namespace tenfold
