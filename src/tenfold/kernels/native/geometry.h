// From the arguments of a call to the block's geometry, and images with and without their padding.

#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "conv_block.h"
#include "memory.h"
#include "xla/ffi/api/ffi.h"

namespace tenfold {

using Floats = xla::ffi::Buffer<xla::ffi::F32, 4>;
using Numbers = xla::ffi::Span<const int64_t>;

// Pooling windows: their size, and how far the first and the last of them reach over the edge.
struct Pooling {
  int height, width, top, bottom, left, right;
};

// The block, the images as they come (without padding), and where things lie in a group of images.
struct Geometry {
  ConvBlock block;
  int images, height, width;
  int pad_top, pad_left;
  int group_images;
  std::vector<int> taps, positions;

  bool padded() const { return height != block.height || width != block.width; }
  size_t image_size() const { return size_t(height) * width * block.channels; }
};

// A small layer's images go through a pass together, so that its loops are long enough.
constexpr int kGroupPositions = 64;

inline int clamped(int value, int end) { return std::max(0, std::min(value, end - 1)); }

inline void fill_offsets(Geometry& geometry, const Pooling& pooling, int height, int width) {
  const ConvBlock& block = geometry.block;
  for (int i = 0; i < block.kernel_height; i++)
    for (int k = 0; k < block.row_taps(); k++) geometry.taps.push_back(i * block.width * block.channels + k);
  for (int image = 0; image < geometry.group_images; image++)
    for (int row = 0; row < block.rows; row++)
      for (int column = 0; column < block.columns; column++)
        for (int i = 0; i < block.pool_height; i++)
          for (int j = 0; j < block.pool_width; j++) {
            const int y = clamped(row * pooling.height + i - pooling.top, height) * block.stride_height;
            const int x = clamped(column * pooling.width + j - pooling.left, width) * block.stride_width;
            geometry.positions.push_back(image * block.image_size() + (y * block.width + x) * block.channels);
          }
}

inline Geometry measure(Floats images, Floats kernel, Numbers strides, Numbers padding, Numbers pool, bool relu) {
  const auto image = images.dimensions(), size = kernel.dimensions();
  Geometry geometry;
  geometry.images = image[0];
  geometry.height = image[1];
  geometry.width = image[2];
  geometry.pad_top = padding[0];
  geometry.pad_left = padding[2];
  ConvBlock& block = geometry.block;
  block.height = image[1] + padding[0] + padding[1];
  block.width = image[2] + padding[2] + padding[3];
  block.channels = image[3];
  block.kernel_height = size[0];
  block.kernel_width = size[1];
  block.filters = size[3];
  block.stride_height = strides[0];
  block.stride_width = strides[1];
  const Pooling pooling = {int(pool[0]), int(pool[1]), int(pool[2]), int(pool[3]), int(pool[4]), int(pool[5])};
  block.pool_height = pooling.height;
  block.pool_width = pooling.width;
  const int height = (block.height - block.kernel_height) / block.stride_height + 1;
  const int width = (block.width - block.kernel_width) / block.stride_width + 1;
  block.rows = (height + pooling.top + pooling.bottom) / pooling.height;
  block.columns = (width + pooling.left + pooling.right) / pooling.width;
  block.cut_windows = pooling.top || pooling.bottom || pooling.left || pooling.right;
  block.relu = relu;
  geometry.group_images = std::max(1, kGroupPositions / std::max(1, block.windows() * block.window()));
  fill_offsets(geometry, pooling, height, width);
  return geometry;
}

// Where row `y` of an image begins in the padded image, in floats.
inline size_t padded_row(const Geometry& geometry, int y) {
  return (size_t(y + geometry.pad_top) * geometry.block.width + geometry.pad_left) * geometry.block.channels;
}

inline const float* with_padding(const Geometry& geometry, const float* images, int count) {
  if (!geometry.padded()) return images;
  const size_t size = geometry.block.image_size(), row = size_t(geometry.width) * geometry.block.channels;
  float* padded = memory(kPaddedImages, count * size);
  std::memset(padded, 0, count * size * sizeof(float));
  for (int image = 0; image < count; image++)
    for (int y = 0; y < geometry.height; y++, images += row)
      std::memcpy(padded + image * size + padded_row(geometry, y), images, row * sizeof(float));
  return padded;
}

inline void without_padding(const Geometry& geometry, const float* padded, int count, float* images) {
  const size_t size = geometry.block.image_size(), row = size_t(geometry.width) * geometry.block.channels;
  for (int image = 0; image < count; image++)
    for (int y = 0; y < geometry.height; y++, images += row)
      std::memcpy(images, padded + image * size + padded_row(geometry, y), row * sizeof(float));
}

}  // namespace tenfold
