// The backward pass of a 3×3 convolution without pooling, by Winograd's products:
//
//     for each strip of tiles
//       transform its images' values and its outputs' gradients
//       for each of the 16 places, for each panel of filters:
//         sums [channels, filters] += values [tiles, channels]ᵀ × gradients [tiles, filters]
//       for each panel of channels:
//         for each of the 16 places: gradients [tiles, filters] × kernel [filters, channels]
//         transform back; add each tile's 4×4 to the image gradient
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

// The kernel for the image gradient.
size_t winograd_turned_size(const ConvBlock& block) {
  return size_t(kPlaces) * block.filters * padded(block.channels);
}

// [3, 3, channels, filters] → panel by panel of channels [places, filters, panel width], padded with zeros.
void arrange_winograd_turned(const ConvBlock& block, const float* kernel, float* panels, int part, int parts) {
  const int begin = share(block.filters, part, parts), end = share(block.filters, part + 1, parts);
  for (int first = 0; first < block.channels; first += kPanel) {
    const int width = panel_width(block.channels - first);
    for (int at = 0; at < width; at += kLanes) {
      const int lanes = smaller(kLanes, block.channels - first - at);
      for (int filter = begin; filter < end; filter++) {
        Vector values[9] = {}, places[kPlaces];
        for (int tap = 0; tap < 9; tap++)
          for (int lane = 0; lane < lanes; lane++)
            values[tap][lane] = kernel[(size_t(tap) * block.channels + first + at + lane) * block.filters + filter];
        transform_kernel(values, 1, places);
        for (int place = 0; place < kPlaces; place++)
          store(panels + (size_t(place) * block.filters + filter) * width + at, places[place]);
      }
    }
    panels += size_t(kPlaces) * block.filters * width;
  }
}

struct GradientScratch {
  float* values;     // [places, tiles, padded channels]
  float* gradients;  // [places, panels, tiles, panel width]
  float* products;   // [places, tiles, panel]
  float* patch;      // [4, 4, channels]
  float* zeros;      // [panel]
  int* numbers;      // [channels or panel]: 0, 1, 2, …
  int* tiles;        // [tiles]: where each tile's values begin
  int* passed;       // [tiles]: where each tile's gradients begin in one panel
};

GradientScratch divide_gradient(const ConvBlock& block, float* scratch) {
  GradientScratch parts;
  parts.values = scratch;
  parts.gradients = parts.values + size_t(kPlaces) * kGradientStrip * padded(block.channels);
  parts.products = parts.gradients + size_t(kPlaces) * kGradientStrip * padded(block.filters);
  parts.patch = parts.products + size_t(kPlaces) * kGradientStrip * kPanel;
  parts.zeros = parts.patch + size_t(kPlaces) * block.channels;
  parts.numbers = reinterpret_cast<int*>(parts.zeros + kPanel);
  parts.tiles = parts.numbers + larger(block.channels, kPanel);
  parts.passed = parts.tiles + kGradientStrip;
  return parts;
}

size_t winograd_gradient_scratch(const ConvBlock& block) {
  return size_t(kPlaces) * kGradientStrip * (padded(block.channels) + padded(block.filters) + kPanel) +
         size_t(kPlaces) * block.channels + kPanel + larger(block.channels, kPanel) + 2 * kGradientStrip;
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

// sums [places, panels, channels, panel width] += values × gradients, summed over `count` tiles.
void add_winograd_kernel_gradient(const ConvBlock& block, int count, const GradientScratch& parts, float* sums) {
  const float* gradients = parts.gradients;
  for (int place = 0; place < kPlaces; place++)
    for (int first = 0; first < block.filters; first += kPanel) {
      const int width = panel_width(block.filters - first);
      // The roles change: channels are the rows, tiles are what is summed over.
      sum_panel(width, block.channels, parts.values + size_t(place) * count * padded(block.channels), parts.numbers,
                parts.tiles, count, gradients, sums, width, sums);
      sums += size_t(block.channels) * width;
      gradients += size_t(count) * width;
    }
}

// products [places, tiles, width] for one panel of channels: gradients × kernel, summed over filters, panel by panel.
void multiply_winograd_gradients(const ConvBlock& block, int count, int width, const float* kernel,
                                 const GradientScratch& parts) {
  const float* gradients = parts.gradients;
  for (int place = 0; place < kPlaces; place++) {
    float* products = parts.products + size_t(place) * count * width;
    for (int first = 0; first < block.filters; first += kPanel) {
      const int passed_width = panel_width(block.filters - first), filters = smaller(kPanel, block.filters - first);
      for (int number = 0; number < count; number++) parts.passed[number] = number * passed_width;
      sum_panel(width, count, gradients, parts.passed, parts.numbers, filters, kernel, first ? products : parts.zeros,
                first ? width : 0, products);
      kernel += size_t(filters) * width;
      gradients += size_t(count) * passed_width;
    }
  }
}

void add_winograd_image_gradient(const ConvBlock& block, const WinogradTiles& tiles, int from, int count,
                                 const float* kernel, const GradientScratch& parts, float* image_gradients) {
  const int row = block.width * block.channels;
  for (int first = 0; first < block.channels; first += kPanel) {
    const int width = panel_width(block.channels - first), filled = smaller(width, block.channels - first);
    multiply_winograd_gradients(block, count, width, kernel, parts);
    kernel += size_t(kPlaces) * block.filters * width;
    for (int number = 0; number < count; number++) {
      const Tile tile(tiles, from + number);
      float* corner = image_gradients + tile.image * block.image_size() + size_t(tile.row) * row +
                      tile.column * block.channels + first;
      add_values_gradient(parts.products + number * width, size_t(count) * width, filled,
                          smaller(4, block.height - tile.row), smaller(4, block.width - tile.column), row,
                          block.channels, corner);
    }
  }
}

void winograd_backward(const ConvBlock& block, const Group& group, const float* kernel, const float* outputs,
                       const float* output_gradients, float* image_gradients, float* kernel_sums, float* bias_sums,
                       float* scratch) {
  const GradientScratch parts = divide_gradient(block, scratch);
  for (int number = 0; number < larger(block.channels, kPanel); number++) parts.numbers[number] = number;
  for (int tile = 0; tile < kGradientStrip; tile++) parts.tiles[tile] = tile * padded(block.channels);
  for (int i = 0; i < kPanel; i++) parts.zeros[i] = 0;
  const WinogradTiles tiles(block, group);
  const int strips = (tiles.count() + kGradientStrip - 1) / kGradientStrip;
  for (int strip = 0; strip < strips; strip++) {
    const int from = share(tiles.count(), strip, strips), count = share(tiles.count(), strip + 1, strips) - from;
    for (int number = 0; number < count; number++)
      transform_tile(block, group, Tile(tiles, from + number), size_t(count) * padded(block.channels),
                     parts.values + parts.tiles[number], parts.patch);
    transform_strip_gradients(block, tiles, from, count, outputs, output_gradients, parts.gradients, bias_sums);
    add_winograd_kernel_gradient(block, count, parts, kernel_sums);
    if (image_gradients) add_winograd_image_gradient(block, tiles, from, count, kernel, parts, image_gradients);
  }
}

}  // namespace
