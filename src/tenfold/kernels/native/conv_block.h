// Convolution + bias + ReLU + max pooling as one block: its geometry, and the functions that compute it.

#pragma once

#include <cstddef>
#include <cstdint>

namespace tenfold {

// An image's way through the block. Images are [height, width, channels], kernels
// [kernel_height, kernel_width, channels, filters], outputs [rows, columns, filters]; float32, last index fastest.
// Without pooling a window has one position. Positions that no window covers are not computed. A window that reaches
// over the edge has some positions twice, which changes neither its largest value nor where that came from.
struct ConvBlock {
  int height, width, channels;  // of the image, padding included
  int kernel_height, kernel_width, filters;
  int rows, columns;  // of the output
  int stride_height, stride_width;
  int pool_height, pool_width;
  bool cut_windows;  // whether some windows reach over the edge
  bool relu;

  int taps() const { return kernel_height * kernel_width * channels; }
  int row_taps() const { return kernel_width * channels; }
  int window() const { return pool_height * pool_width; }
  int windows() const { return rows * columns; }
  size_t image_size() const { return size_t(height) * width * channels; }
  size_t output_size() const { return size_t(windows()) * filters; }
};

// Some windows of images that lie one after the other, and where things are, in floats from the first image's start.
struct Group {
  int windows;
  const float* values;
  const int* taps;       // [taps]: of each kernel value, from a position
  const int* positions;  // [windows × window]: of each position under the windows, window by window
};

// The functions of one instruction set. Sizes are in floats.
struct ConvKernels {
  // The kernel in the order in which a pass reads it. Each of `parts` calls arranges its share.
  size_t (*forward_kernel_size)(const ConvBlock&);
  void (*arrange_forward_kernel)(const ConvBlock&, const float* kernel, float* arranged, int part, int parts);
  size_t (*backward_kernel_size)(const ConvBlock&);
  void (*arrange_backward_kernel)(const ConvBlock&, const float* kernel, float* arranged, int part, int parts);

  // outputs, and winners: which position of each window was largest. Without pooling that is null.
  size_t (*forward_scratch)(const ConvBlock&);
  void (*forward)(const ConvBlock&, const Group&, const float* arranged_kernel, const float* bias, float* outputs,
                  uint8_t* winners, float* scratch);

  // Adds the group's share to the gradients; `image_gradients` lies as the images do, or is null if not wanted.
  size_t (*backward_scratch)(const ConvBlock&, int windows);
  void (*backward)(const ConvBlock&, const Group&, const float* arranged_kernel, const float* outputs,
                   const uint8_t* winners, const float* output_gradients, float* image_gradients,
                   float* kernel_sums, float* bias_sums, float* scratch);

  // The kernel's gradient from the sums, which have an order of their own.
  size_t (*kernel_sums_size)(const ConvBlock&);
  void (*arrange_kernel_gradient)(const ConvBlock&, const float* kernel_sums, float* kernel_gradient, int part,
                                  int parts);
};

extern const ConvKernels conv_kernels_plain;
#if defined(__x86_64__)
extern const ConvKernels conv_kernels_avx2;
extern const ConvKernels conv_kernels_avx512;
#endif

}  // namespace tenfold
