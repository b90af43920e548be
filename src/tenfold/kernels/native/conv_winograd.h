// The forward pass of a 3×3 convolution with 2×2 max pooling, with 16 products for each window instead of 36
// (Winograd's F(2×2, 3×3); Lavin and Gray, arXiv 1509.09308). The four outputs Y of a window come from the 4×4 values d
// under it and the 3×3 kernel g as
//
//     Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A         Bᵀ = 1  0 −1  0    G = 1  0  0    Aᵀ = 1 1  1  0
//                                                    0  1  1  0        ½  ½  ½         0 1 −1 −1
//                                                    0 −1  1  0        ½ −½  ½
//                                                    0  1  0 −1        0  0  1
//
// and the sum over channels of ⊙ is, for each of the 16 places, a product of matrices:
//
//     for each strip of windows
//       transform its images' values, a vector of channels at a time
//       for each panel of filters
//         for each of the 16 places: windows × channels times channels × filters, tile by tile
//         transform back, add the bias; for each window: the largest, ReLU, write
//
// A and B hold only 0 and ±1, so that rounding grows by a small factor only.

#pragma once

#include "conv_forward.h"

namespace {

constexpr int kPlaces = 16;
constexpr int kStripTiles = 2 * kTile;  // windows whose transformed values stay in the cache

bool suits_winograd(const ConvBlock& block) {
  return block.kernel_height == 3 && block.kernel_width == 3 && block.stride_height == 1 && block.stride_width == 1 &&
         block.pool_height == 2 && block.pool_width == 2 && block.channels % kLanes == 0;
}

size_t winograd_kernel_size(const ConvBlock& block) {
  return size_t(kPlaces) * block.channels * padded(block.filters);
}

// G g Gᵀ of a vector of filters: nine values to sixteen.
void transform_kernel(const Vector (&kernel)[9], Vector (&places)[kPlaces]) {
  Vector rows[4][3];
  for (int j = 0; j < 3; j++) {
    const Vector even = kernel[j] + kernel[6 + j], odd = kernel[3 + j];
    rows[0][j] = kernel[j];
    rows[1][j] = 0.5f * (even + odd);
    rows[2][j] = 0.5f * (even - odd);
    rows[3][j] = kernel[6 + j];
  }
  for (int i = 0; i < 4; i++) {
    const Vector even = rows[i][0] + rows[i][2], odd = rows[i][1];
    places[4 * i] = rows[i][0];
    places[4 * i + 1] = 0.5f * (even + odd);
    places[4 * i + 2] = 0.5f * (even - odd);
    places[4 * i + 3] = rows[i][2];
  }
}

// [3, 3, channels, filters] → panel by panel [places, channels, panel width], padded with zeros.
void arrange_winograd_kernel(const ConvBlock& block, const float* kernel, float* panels, int part, int parts) {
  const int begin = share(block.channels, part, parts), end = share(block.channels, part + 1, parts);
  for (int first = 0; first < block.filters; first += kPanel) {
    const int width = panel_width(block.filters - first);
    for (int channel = begin; channel < end; channel++)
      for (int at = 0; at < width; at += kLanes) {
        const int lanes = smaller(kLanes, block.filters - first - at);
        Vector values[9], places[kPlaces];
        for (int tap = 0; tap < 9; tap++)
          values[tap] = load_part(kernel + (size_t(tap) * block.channels + channel) * block.filters + first + at, lanes);
        transform_kernel(values, places);
        for (int place = 0; place < kPlaces; place++)
          store(panels + (size_t(place) * block.channels + channel) * width + at, places[place]);
      }
    panels += size_t(kPlaces) * block.channels * width;
  }
}

// Bᵀ d B of one window, a vector of channels at a time: to places [16][tiles, channels], `stride` floats apart.
void transform_values(const ConvBlock& block, const float* corner, size_t stride, float* places) {
  const int row = block.width * block.channels;
  for (int at = 0; at < block.channels; at += kLanes) {
    Vector half[4][4];
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
      const float* column = corner + j * block.channels + at;
      const Vector d0 = load(column), d1 = load(column + row), d2 = load(column + 2 * row), d3 = load(column + 3 * row);
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

// Aᵀ m A + bias of one window: from products [16][tiles, width], `stride` floats apart, to sums [4, width].
void transform_back(const float* products, size_t stride, int width, const float* bias, float* sums) {
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

struct WinogradScratch {
  float* values;    // [places, tiles, channels]
  float* products;  // [places, tiles, panel]
  float* sums;      // [4, panel]
  float* bias;      // [panel]
  float* zeros;     // [panel]
  int* channels;    // [channels]: 0, 1, 2, …
  int* tiles;       // [tiles]: where each tile's values begin
};

WinogradScratch divide_winograd(const ConvBlock& block, float* scratch) {
  WinogradScratch parts;
  parts.values = scratch;
  parts.products = parts.values + size_t(kPlaces) * kStripTiles * block.channels;
  parts.sums = parts.products + kPlaces * kStripTiles * kPanel;
  parts.bias = parts.sums + 4 * kPanel;
  parts.zeros = parts.bias + kPanel;
  parts.channels = reinterpret_cast<int*>(parts.zeros + kPanel);
  parts.tiles = parts.channels + block.channels;
  return parts;
}

size_t winograd_scratch(const ConvBlock& block) {
  return size_t(kPlaces) * kStripTiles * (block.channels + kPanel) + 6 * kPanel + block.channels + kStripTiles;
}

void winograd_strip(const ConvBlock& block, int count, const float* panels, const float* bias,
                    const WinogradScratch& parts, float* outputs, uint8_t* winners) {
  for (int first = 0; first < block.filters; first += kPanel) {
    const int width = panel_width(block.filters - first), filled = smaller(width, block.filters - first);
    for (int filter = 0; filter < width; filter++) parts.bias[filter] = filter < filled ? bias[first + filter] : 0;
    for (int place = 0; place < kPlaces; place++, panels += size_t(block.channels) * width)
      sum_panel(width, count, parts.values + size_t(place) * count * block.channels, parts.tiles, parts.channels,
                block.channels, panels, parts.zeros, 0, parts.products + place * count * width);
    for (int window = 0; window < count; window++) {
      transform_back(parts.products + window * width, count * width, width, parts.bias, parts.sums);
      const size_t at = size_t(window) * block.filters + first;
      pool_window(block, parts.sums, width, filled, outputs + at, winners + at);
    }
  }
}

void winograd_forward(const ConvBlock& block, const Group& group, const float* panels, const float* bias,
                      float* outputs, uint8_t* winners, float* scratch) {
  const WinogradScratch parts = divide_winograd(block, scratch);
  for (int channel = 0; channel < block.channels; channel++) parts.channels[channel] = channel;
  for (int tile = 0; tile < kStripTiles; tile++) parts.tiles[tile] = tile * block.channels;
  for (int i = 0; i < kPanel; i++) parts.zeros[i] = 0;
  const int windows = group.windows, strips = (windows + kStripTiles - 1) / kStripTiles;
  for (int strip = 0; strip < strips; strip++) {
    const int from = windows * strip / strips, count = windows * (strip + 1) / strips - from;
    for (int window = 0; window < count; window++)
      transform_values(block, group.values + group.positions[size_t(from + window) * block.window()],
                       size_t(count) * block.channels, parts.values + size_t(window) * block.channels);
    const size_t at = size_t(from) * block.filters;
    winograd_strip(block, count, panels, bias, parts, outputs + at, winners + at);
  }
}

}  // namespace
