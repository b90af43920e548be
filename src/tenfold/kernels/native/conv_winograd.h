// The forward pass of a 3×3 convolution, with 2×2 max pooling or without pooling, by Winograd's products:
//
//     for each strip of tiles
//       transform its images' values, a vector of channels at a time
//       for each panel of filters
//         for each of the 16 places: tiles × channels times channels × filters, piece by piece
//         transform back, add the bias; for each tile: the largest of its outputs, or all four; ReLU, write

#pragma once

#include "conv_forward.h"
#include "winograd.h"

namespace {

constexpr int kStripTiles = 2 * kTile;  // tiles whose transformed values stay in the cache

size_t winograd_kernel_size(const ConvBlock& block) {
  return size_t(kPlaces) * block.channels * padded(block.filters);
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
        transform_kernel(values, 0.5f, places);
        for (int place = 0; place < kPlaces; place++)
          store(panels + (size_t(place) * block.channels + channel) * width + at, places[place]);
      }
    panels += size_t(kPlaces) * block.channels * width;
  }
}

struct WinogradScratch {
  float* values;    // [places, tiles, padded channels]
  float* products;  // [places, tiles, panel]
  float* patch;     // [4, 4, channels]
  float* sums;      // [4, panel]
  float* bias;      // [panel]
  float* zeros;     // [panel]
  int* channels;    // [channels]: 0, 1, 2, …
  int* tiles;       // [tiles]: where each tile's values begin
};

WinogradScratch divide_winograd(const ConvBlock& block, float* scratch) {
  WinogradScratch parts;
  parts.values = scratch;
  parts.products = parts.values + size_t(kPlaces) * kStripTiles * padded(block.channels);
  parts.patch = parts.products + kPlaces * kStripTiles * kPanel;
  parts.sums = parts.patch + size_t(kPlaces) * block.channels;
  parts.bias = parts.sums + 4 * kPanel;
  parts.zeros = parts.bias + kPanel;
  parts.channels = reinterpret_cast<int*>(parts.zeros + kPanel);
  parts.tiles = parts.channels + block.channels;
  return parts;
}

size_t winograd_scratch(const ConvBlock& block) {
  return size_t(kPlaces) * kStripTiles * (padded(block.channels) + kPanel) + size_t(kPlaces) * block.channels + 6 * kPanel +
         block.channels + kStripTiles;
}

// A tile's four outputs [4, width] of a panel that begins at filter `first`; those beyond the edge are dropped.
void write_outputs(const ConvBlock& block, const Tile& tile, const float* sums, int width, int first, int filled,
                   float* outputs) {
  for (int i = 0; i < smaller(2, block.rows - tile.row); i++)
    for (int j = 0; j < smaller(2, block.columns - tile.column); j++) {
      const size_t position = size_t(tile.row + i) * block.columns + tile.column + j;
      float* to = outputs + tile.image * block.output_size() + position * block.filters + first;
      for (int at = 0; at < filled; at += kLanes) {
        const Vector sum = load(sums + (2 * i + j) * width + at);
        store_part(to + at, block.relu ? (sum <= 0 ? Vector{} : sum) : sum, filled - at);
      }
    }
}

// Outputs of tiles `from` … `from + count` of a group, whose transformed values are there.
void winograd_strip(const ConvBlock& block, const WinogradTiles& tiles, int from, int count, const float* panels,
                    const float* bias, const WinogradScratch& parts, float* outputs, uint8_t* winners) {
  for (int first = 0; first < block.filters; first += kPanel) {
    const int width = panel_width(block.filters - first), filled = smaller(width, block.filters - first);
    for (int filter = 0; filter < width; filter++) parts.bias[filter] = filter < filled ? bias[first + filter] : 0;
    for (int place = 0; place < kPlaces; place++, panels += size_t(block.channels) * width)
      sum_panel(width, count, parts.values + size_t(place) * count * padded(block.channels), parts.tiles, parts.channels,
                block.channels, panels, parts.zeros, 0, parts.products + place * count * width);
    for (int number = 0; number < count; number++) {
      transform_back(parts.products + number * width, count * width, width, parts.bias, parts.sums);
      const size_t at = size_t(from + number) * block.filters + first;
      if (block.window() > 1)
        pool_window(block, parts.sums, width, filled, outputs + at, winners + at);
      else
        write_outputs(block, Tile(tiles, from + number), parts.sums, width, first, filled, outputs);
    }
  }
}

void winograd_forward(const ConvBlock& block, const Group& group, const float* panels, const float* bias,
                      float* outputs, uint8_t* winners, float* scratch) {
  const WinogradScratch parts = divide_winograd(block, scratch);
  for (int channel = 0; channel < block.channels; channel++) parts.channels[channel] = channel;
  for (int tile = 0; tile < kStripTiles; tile++) parts.tiles[tile] = tile * padded(block.channels);
  for (int i = 0; i < kPanel; i++) parts.zeros[i] = 0;
  const WinogradTiles tiles(block, group);
  const int strips = (tiles.count() + kStripTiles - 1) / kStripTiles;
  for (int strip = 0; strip < strips; strip++) {
    const int from = share(tiles.count(), strip, strips), count = share(tiles.count(), strip + 1, strips) - from;
    for (int number = 0; number < count; number++)
      transform_tile(block, group, Tile(tiles, from + number), size_t(count) * padded(block.channels),
                     parts.values + parts.tiles[number], parts.patch);
    winograd_strip(block, tiles, from, count, panels, bias, parts, outputs, winners);
  }
}

}  // namespace
