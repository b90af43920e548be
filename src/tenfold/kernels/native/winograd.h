// Winograd's minimal filtering on 4×4 values: a 3×3 kernel gives 2×2 outputs with 16 products instead of 36, and 2×2
// gradients of outputs give a 3×3 gradient of the kernel likewise (Lavin and Gray, arXiv 1509.09308; F(2×2, 3×3) and
// F(3×3, 2×2)), and a 4×4 gradient of the values. With d the values, g the kernel, Y the outputs, e the outputs'
// gradient, W the kernel's and D the values',
//
//     Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A         Bᵀ = 1  0 −1  0    G = 1  0  0    Aᵀ = 1 1  1  0
//                                                    0  1  1  0        ½  ½  ½         0 1 −1 −1
//                                                    0 −1  1  0        ½ −½  ½
//                                                    0  1  0 −1        0  0  1
//
//     W = Cᵀ [ (E e Eᵀ) ⊙ (Bᵀ d B) ] C                            E = 1  0       Cᵀ = 1 1  1  0
//                                                                     ½  ½            0 1 −1  0
//                                                                     ½ −½            0 1  1  1
//                                                                     0 −1
//     D = B [ (H g Hᵀ) ⊙ (E e Eᵀ) ] Bᵀ         H = G with its halves doubled: D's formula follows from Y's, with A where
//                                              E stands, and A is E with its halves doubled
//
// and the sum of ⊙ over channels (for Y), tiles (for W) or filters (for D) is a product of matrices for each of the 16
// places. The matrices hold only 0, ±½ and ±1, so that rounding grows by a small factor only.

#pragma once

#include "conv_block.h"
#include "tiles.h"

namespace {

constexpr int kPlaces = 16;
constexpr int kFewChannels = 16;  // with fewer, transforming them takes longer than the products

// Images that lie one after the other, cut into tiles of 2×2 outputs: the pooling windows, or without pooling enough
// tiles to cover all outputs.
struct WinogradTiles {
  int rows, columns;  // of tiles, in an image
  int images;

  WinogradTiles(const ConvBlock& block, const Group& group)
      : rows(block.window() > 1 ? block.rows : (block.rows + 1) / 2),
        columns(block.window() > 1 ? block.columns : (block.columns + 1) / 2),
        images(group.windows / block.windows()) {}

  int count() const { return images * rows * columns; }
};

struct Tile {
  int image, row, column;  // of its first output

  Tile(const WinogradTiles& tiles, int number)
      : image(number / (tiles.rows * tiles.columns)),
        row(2 * (number / tiles.columns % tiles.rows)),
        column(2 * (number % tiles.columns)) {}
};

bool suits_winograd(const ConvBlock& block) {
  return block.kernel_height == 3 && block.kernel_width == 3 && block.stride_height == 1 && block.stride_width == 1 &&
         block.channels >= kFewChannels &&
         (block.window() == 1 || (block.pool_height == 2 && block.pool_width == 2 && !block.cut_windows));
}

// G g Gᵀ of a vector of filters, nine values to sixteen; with a `middle` of 1 instead of ½, H g Hᵀ.
inline void transform_kernel(const Vector (&kernel)[9], float middle, Vector (&places)[kPlaces]) {
  Vector rows[4][3];
  for (int j = 0; j < 3; j++) {
    const Vector even = kernel[j] + kernel[6 + j], odd = kernel[3 + j];
    rows[0][j] = kernel[j];
    rows[1][j] = middle * (even + odd);
    rows[2][j] = middle * (even - odd);
    rows[3][j] = kernel[6 + j];
  }
  for (int i = 0; i < 4; i++) {
    const Vector even = rows[i][0] + rows[i][2], odd = rows[i][1];
    places[4 * i] = rows[i][0];
    places[4 * i + 1] = middle * (even + odd);
    places[4 * i + 2] = middle * (even - odd);
    places[4 * i + 3] = rows[i][2];
  }
}

// Bᵀ d B of the values from a corner on, a vector of channels at a time; `row` floats lie between two rows of values.
// The places' results lie `stride` floats apart, and are filled with zeros to whole vectors.
inline void transform_values(const float* corner, int row, int channels, size_t stride, float* places) {
  for (int at = 0; at < channels; at += kLanes) {
    const int lanes = channels - at;
    Vector half[4][4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
      const float* column = corner + j * channels + at;
      const Vector d0 = load_part(column, lanes), d1 = load_part(column + row, lanes);
      const Vector d2 = load_part(column + 2 * row, lanes), d3 = load_part(column + 3 * row, lanes);
      half[0][j] = d0 - d2;
      half[1][j] = d1 + d2;
      half[2][j] = d2 - d1;
      half[3][j] = d1 - d3;
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
      float* to = places + 4 * i * stride + at;
      store(to, half[i][0] - half[i][2]);
      store(to + stride, half[i][1] + half[i][2]);
      store(to + 2 * stride, half[i][2] - half[i][1]);
      store(to + 3 * stride, half[i][1] - half[i][3]);
    }
  }
}

// The same for one tile of a group. A tile at the edge may reach one row or column beyond the image: there are zeros,
// and `patch` [4, 4, channels] is where they are added.
void transform_tile(const ConvBlock& block, const Group& group, const Tile& tile, size_t stride, float* places,
                    float* patch) {
  const int row = block.width * block.channels;
  const float* corner =
      group.values + tile.image * block.image_size() + size_t(tile.row) * row + tile.column * block.channels;
  const int height = smaller(4, block.height - tile.row), width = smaller(4, block.width - tile.column);
  if (height == 4 && width == 4) return transform_values(corner, row, block.channels, stride, places);
  __builtin_memset(patch, 0, size_t(kPlaces) * block.channels * sizeof(float));
  for (int i = 0; i < height; i++)
    __builtin_memcpy(patch + 4 * i * block.channels, corner + i * row, size_t(width) * block.channels * sizeof(float));
  transform_values(patch, 4 * block.channels, block.channels, stride, places);
}

// Aᵀ m A + bias of one tile: from products [16][tiles, width], `stride` floats apart, to sums [4, width].
inline void transform_back(const float* products, size_t stride, int width, const float* bias, float* sums) {
  for (int at = 0; at < width; at += kLanes) {
    Vector top[4], bottom[4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
      const float* column = products + j * stride + at;
      const Vector m1 = load(column + 4 * stride), m2 = load(column + 8 * stride);
      top[j] = load(column) + m1 + m2;
      bottom[j] = m1 - m2 - load(column + 12 * stride);
    }
    const Vector added = load(bias + at);
    store(sums + at, top[0] + top[1] + top[2] + added);
    store(sums + width + at, top[1] - top[2] - top[3] + added);
    store(sums + 2 * width + at, bottom[0] + bottom[1] + bottom[2] + added);
    store(sums + 3 * width + at, bottom[1] - bottom[2] - bottom[3] + added);
  }
}

// B m Bᵀ of one tile: adds the products [16][tiles, width], `stride` floats apart, to the gradient of the values [4, 4]
// from a corner on, for `filled` channels of a panel. Only `height` × `width` of them lie in the image.
inline void add_values_gradient(const float* products, size_t stride, int filled, int height, int width, int row,
                                int channels, float* corner) {
  for (int at = 0; at < filled; at += kLanes) {
    const int lanes = filled - at;
    Vector half[4][4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
      const float* column = products + j * stride + at;
      const Vector m0 = load(column), m1 = load(column + 4 * stride), m2 = load(column + 8 * stride);
      half[0][j] = m0;
      half[1][j] = m1 - m2 + load(column + 12 * stride);
      half[2][j] = m1 + m2 - m0;
      half[3][j] = -load(column + 12 * stride);
    }
    for (int i = 0; i < height; i++) {
      const Vector(&m)[4] = half[i];
      const Vector gradient[4] = {m[0], m[1] - m[2] + m[3], m[1] + m[2] - m[0], -m[3]};
      float* to = corner + i * row + at;
      for (int j = 0; j < width; j++, to += channels) store_part(to, load_part(to, lanes) + gradient[j], lanes);
    }
  }
}

// E e Eᵀ of a vector of filters: four values to sixteen.
inline void transform_gradients(const Vector (&gradients)[4], Vector (&places)[kPlaces]) {
  Vector rows[4][2];
  for (int j = 0; j < 2; j++) {
    const Vector first = gradients[j], second = gradients[2 + j];
    rows[0][j] = first;
    rows[1][j] = 0.5f * (first + second);
    rows[2][j] = 0.5f * (first - second);
    rows[3][j] = -second;
  }
  for (int i = 0; i < 4; i++) {
    places[4 * i] = rows[i][0];
    places[4 * i + 1] = 0.5f * (rows[i][0] + rows[i][1]);
    places[4 * i + 2] = 0.5f * (rows[i][0] - rows[i][1]);
    places[4 * i + 3] = -rows[i][1];
  }
}

// Cᵀ m C of a vector of filters: sixteen values to nine.
inline void transform_kernel_back(const Vector (&places)[kPlaces], Vector (&kernel)[9]) {
  Vector rows[3][4];
  for (int j = 0; j < 4; j++) {
    const Vector both = places[4 + j] + places[8 + j];
    rows[0][j] = places[j] + both;
    rows[1][j] = places[4 + j] - places[8 + j];
    rows[2][j] = both + places[12 + j];
  }
  for (int i = 0; i < 3; i++) {
    const Vector both = rows[i][1] + rows[i][2];
    kernel[3 * i] = rows[i][0] + both;
    kernel[3 * i + 1] = rows[i][1] - rows[i][2];
    kernel[3 * i + 2] = both + rows[i][3];
  }
}

}  // namespace
