// The gradient of a 3×3 kernel without pooling, by Winograd's products:
//
//     for each strip of tiles
//       transform its images' values and its outputs' gradients
//       for each of the 16 places, for each panel of filters:
//         sums [channels, filters] += values [tiles, channels]ᵀ × gradients [tiles, filters]
//
// and once, at the end, the sums of the 16 places give the nine of the kernel.

#pragma once

#include "winograd.h"

namespace {

constexpr int kGradientStrip = 32;  // tiles for which the sums are read and written once

size_t winograd_sums_size(const ConvBlock& block) { return size_t(kPlaces) * block.channels * padded(block.filters); }

// Place by place, panel by panel [channels, panel width] → [3, 3, channels, filters].
void arrange_winograd_gradient(const ConvBlock& block, const float* sums, float* kernel_gradient, int part, int parts) {
  const int begin = share(block.channels, part, parts), end = share(block.channels, part + 1, parts);
  const size_t place_size = size_t(block.channels) * padded(block.filters);
  for (int first = 0; first < block.filters; first += kPanel) {
    const int width = panel_width(block.filters - first);
    const float* panel = sums + size_t(block.channels) * first;
    for (int channel = begin; channel < end; channel++)
      for (int at = 0; at < width; at += kLanes) {
        Vector places[kPlaces], kernel[9];
        for (int place = 0; place < kPlaces; place++)
          places[place] = load(panel + place * place_size + size_t(channel) * width + at);
        transform_kernel_back(places, kernel);
        for (int tap = 0; tap < 9; tap++)
          store_part(kernel_gradient + (size_t(tap) * block.channels + channel) * block.filters + first + at,
                     kernel[tap], block.filters - first - at);
      }
  }
}

struct GradientScratch {
  float* values;     // [places, tiles, channels]
  float* gradients;  // [places, panels, tiles, panel width]
  float* patch;      // [4, 4, channels]
  int* channels;     // [channels]: 0, 1, 2, …
  int* tiles;        // [tiles]: where each tile's values begin
};

GradientScratch divide_gradient(const ConvBlock& block, float* scratch) {
  GradientScratch parts;
  parts.values = scratch;
  parts.gradients = parts.values + size_t(kPlaces) * kGradientStrip * block.channels;
  parts.patch = parts.gradients + size_t(kPlaces) * kGradientStrip * padded(block.filters);
  parts.channels = reinterpret_cast<int*>(parts.patch + size_t(kPlaces) * block.channels);
  parts.tiles = parts.channels + block.channels;
  return parts;
}

size_t winograd_gradient_scratch(const ConvBlock& block) {
  return size_t(kPlaces) * kGradientStrip * (block.channels + padded(block.filters)) +
         size_t(kPlaces + 1) * block.channels + kGradientStrip;
}

// What ReLU lets pass of a tile's gradients, for a vector of filters; zeros beyond the edge.
void load_gradients(const ConvBlock& block, const Tile& tile, int filter, const float* outputs, const float* gradients,
                    Vector (&passed)[4]) {
  const int lanes = block.filters - filter;
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++) {
      Vector& gradient = passed[2 * i + j];
      gradient = Vector{};
      if (tile.row + i >= block.rows || tile.column + j >= block.columns) continue;
      const size_t position = size_t(tile.row + i) * block.columns + tile.column + j;
      const size_t at = tile.image * block.output_size() + position * block.filters + filter;
      gradient = load_part(gradients + at, lanes);
      if (block.relu) gradient = load_part(outputs + at, lanes) <= 0 ? Vector{} : gradient;
    }
}

// Transforms the gradients of tiles `from` … `from + count`, and adds them to the bias's gradient.
void transform_strip_gradients(const ConvBlock& block, const WinogradTiles& tiles, int from, int count,
                               const float* outputs, const float* output_gradients, float* gradients,
                               float* bias_sums) {
  const size_t stride = size_t(count) * padded(block.filters);
  for (int first = 0; first < block.filters; first += kPanel, gradients += size_t(count) * kPanel) {
    const int width = panel_width(block.filters - first);
    for (int at = 0; at < width; at += kLanes) {
      Vector total = {};
      for (int number = 0; number < count; number++) {
        Vector passed[4], places[kPlaces];
        load_gradients(block, Tile(tiles, from + number), first + at, outputs, output_gradients, passed);
        total += passed[0] + passed[1] + passed[2] + passed[3];
        transform_gradients(passed, places);
        for (int place = 0; place < kPlaces; place++)
          store(gradients + place * stride + size_t(number) * width + at, places[place]);
      }
      for (int lane = 0; lane < smaller(kLanes, block.filters - first - at); lane++)
        bias_sums[first + at + lane] += total[lane];
    }
  }
}

void winograd_kernel_gradient(const ConvBlock& block, const Group& group, const float* outputs,
                              const float* output_gradients, float* kernel_sums, float* bias_sums, float* scratch) {
  const GradientScratch parts = divide_gradient(block, scratch);
  for (int channel = 0; channel < block.channels; channel++) parts.channels[channel] = channel;
  for (int tile = 0; tile < kGradientStrip; tile++) parts.tiles[tile] = tile * block.channels;
  const WinogradTiles tiles(block, group);
  const int strips = (tiles.count() + kGradientStrip - 1) / kGradientStrip;
  for (int strip = 0; strip < strips; strip++) {
    const int from = share(tiles.count(), strip, strips), count = share(tiles.count(), strip + 1, strips) - from;
    for (int number = 0; number < count; number++)
      transform_tile(block, group, Tile(tiles, from + number), size_t(count) * block.channels,
                     parts.values + size_t(number) * block.channels, parts.patch);
    transform_strip_gradients(block, tiles, from, count, outputs, output_gradients, parts.gradients, bias_sums);
    float* sums = kernel_sums;
    const float* gradients = parts.gradients;
    for (int place = 0; place < kPlaces; place++)
      for (int first = 0; first < block.filters; first += kPanel) {
        const int width = panel_width(block.filters - first);
        // The roles change: channels are the rows, tiles are what is summed over.
        sum_panel(width, block.channels, parts.values + size_t(place) * count * block.channels, parts.channels,
                  parts.tiles, count, gradients, sums, width, sums);
        sums += size_t(block.channels) * width;
        gradients += size_t(count) * width;
      }
  }
}

}  // namespace
