// The block's passes for one instruction set: this file is compiled once for each, with TENFOLD_TARGET as its name.

#include "conv_block.h"

#include "conv_backward_dense.h"
#include "conv_backward_pooled.h"
#include "conv_forward.h"
#include "conv_winograd.h"
#include "conv_winograd_gradient.h"
#include "target.h"

namespace {

bool pooled(const ConvBlock& block) { return block.window() > 1; }

// Whether the backward pass takes Winograd's products. With pooling, lists of the winners are shorter.
bool winograd_gradients(const ConvBlock& block) { return !pooled(block) && suits_winograd(block); }

size_t forward_kernel_size(const ConvBlock& block) {
  return suits_winograd(block) ? winograd_kernel_size(block) : direct_kernel_size(block);
}

void arrange_forward_kernel(const ConvBlock& block, const float* kernel, float* arranged, int part, int parts) {
  (suits_winograd(block) ? arrange_winograd_kernel : arrange_direct_kernel)(block, kernel, arranged, part, parts);
}

size_t forward_scratch(const ConvBlock& block) {
  return suits_winograd(block) ? winograd_scratch(block) : direct_scratch(block);
}

void forward(const ConvBlock& block, const Group& group, const float* kernel, const float* bias, float* outputs,
             uint8_t* winners, float* scratch) {
  (suits_winograd(block) ? winograd_forward : direct_forward)(block, group, kernel, bias, outputs, winners, scratch);
}

size_t backward_kernel_size(const ConvBlock& block) {
  if (winograd_gradients(block)) return winograd_turned_size(block);
  return pooled(block) ? pooled_kernel_size(block) : dense_kernel_size(block);
}

void arrange_backward_kernel(const ConvBlock& block, const float* kernel, float* arranged, int part, int parts) {
  if (winograd_gradients(block)) return arrange_winograd_turned(block, kernel, arranged, part, parts);
  (pooled(block) ? arrange_pooled_kernel : arrange_dense_kernel)(block, kernel, arranged, part, parts);
}

// A large image's windows go through the backward pass in slices. Sums over filters at a time read every value once, so
// for them there is no need.
int slice_windows(const ConvBlock& block, int windows) {
  return smaller(windows, !pooled(block) ? kDenseSlice : short_rows(block) ? windows : kPooledSlice);
}

size_t backward_scratch(const ConvBlock& block, int windows) {
  if (winograd_gradients(block)) return winograd_gradient_scratch(block);
  const int slice = slice_windows(block, windows);
  return pooled(block) ? pooled_scratch(block, slice) : dense_scratch(block, slice);
}

void backward(const ConvBlock& block, const Group& group, const float* kernel, const float* outputs,
              const uint8_t* winners, const float* output_gradients, float* image_gradients, float* kernel_sums,
              float* bias_sums, float* scratch) {
  if (winograd_gradients(block))
    return winograd_backward(block, group, kernel, outputs, output_gradients, image_gradients, kernel_sums, bias_sums,
                             scratch);
  const int slice = slice_windows(block, group.windows);
  for (int from = 0; from < group.windows; from += slice) {
    const Group part = {smaller(slice, group.windows - from), group.values, group.taps,
                        group.positions + size_t(from) * block.window()};
    const size_t at = size_t(from) * block.filters;
    if (pooled(block))
      backward_pooled(block, part, kernel, outputs + at, winners + at, output_gradients + at, image_gradients,
                      kernel_sums, bias_sums, scratch);
    else
      backward_dense(block, part, kernel, outputs + at, output_gradients + at, image_gradients, kernel_sums, bias_sums,
                     scratch);
  }
}

size_t kernel_sums_size(const ConvBlock& block) {
  if (winograd_gradients(block)) return winograd_sums_size(block);
  return pooled(block) ? pooled_sums_size(block) : dense_sums_size(block);
}

void arrange_kernel_gradient(const ConvBlock& block, const float* sums, float* gradient, int part, int parts) {
  if (winograd_gradients(block)) return arrange_winograd_gradient(block, sums, gradient, part, parts);
  (pooled(block) ? arrange_pooled_gradient : arrange_dense_gradient)(block, sums, gradient, part, parts);
}

}  // namespace

namespace tenfold {

const ConvKernels TENFOLD_TABLE(conv_kernels) = {
    forward_kernel_size, arrange_forward_kernel, backward_kernel_size, arrange_backward_kernel, forward_scratch,
    forward,             backward_scratch,       backward,             kernel_sums_size,        arrange_kernel_gradient,
};

}  // namespace tenfold
