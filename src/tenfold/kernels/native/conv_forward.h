// Convolution + bias + ReLU + max pooling, forward, for a group of images:
//
//     for each panel of filters
//       for each strip of windows                 (its sums stay in the first-level cache)
//         for each tile of up to 6 positions      (its sums stay in registers)
//           for each kernel value: load the panel's weights once, use them for every position of the tile
//         for each window: the largest of its positions, ReLU, write
//
// so that only pooled values are ever written.

#pragma once

#include "conv_block.h"
#include "tiles.h"

namespace {

constexpr int kStripPositions = 48;

size_t direct_kernel_size(const ConvBlock& block) { return size_t(block.taps()) * padded(block.filters); }

// [taps, filters] → panel by panel [taps, panel width], padded with zeros.
void arrange_direct_kernel(const ConvBlock& block, const float* kernel, float* panels, int part, int parts) {
  for (int first = 0; first < block.filters; first += kPanel) {
    const int width = panel_width(block.filters - first), filled = smaller(width, block.filters - first);
    for (int tap = share(block.taps(), part, parts); tap < share(block.taps(), part + 1, parts); tap++) {
      float* to = panels + size_t(tap) * width;
      __builtin_memcpy(to, kernel + size_t(tap) * block.filters + first, filled * sizeof(float));
      for (int filter = filled; filter < width; filter++) to[filter] = 0;
    }
    panels += size_t(block.taps()) * width;
  }
}

// The largest value of each window, where it was (the first of equals), and ReLU. What is not a number stays so.
void pool_window(const ConvBlock& block, const float* sums, int width, int filled, float* output, uint8_t* winners) {
  for (int at = 0; at < filled; at += kLanes) {
    Vector best = load(sums + at);
    IntVector winner = {};
    for (int position = 1; position < block.window(); position++) {
      const Vector value = load(sums + position * width + at);
      const IntVector wins = (value > best) | (value != value);
      best = wins ? value : best;
      winner = wins ? IntVector{} + position : winner;
    }
    if (block.relu) best = best <= 0 ? Vector{} : best;
    if (filled - at >= kLanes) {
      store(output + at, best);
      if (winners) store_bytes(winners + at, winner, kLanes);
    } else {
      __builtin_memcpy(output + at, &best, (filled - at) * sizeof(float));
      if (winners) store_bytes(winners + at, winner, filled - at);
    }
  }
}

int strip_windows(const ConvBlock& block) { return larger(1, kStripPositions / block.window()); }

size_t direct_scratch(const ConvBlock& block) { return kPanel + size_t(strip_windows(block)) * block.window() * kPanel; }

void direct_forward(const ConvBlock& block, const Group& group, const float* panels, const float* bias, float* outputs,
                    uint8_t* winners, float* scratch) {
  float *start = scratch, *sums = scratch + kPanel;
  const int windows = group.windows, strip = strip_windows(block);
  for (int first = 0; first < block.filters; first += kPanel) {
    const int width = panel_width(block.filters - first), filled = smaller(width, block.filters - first);
    for (int filter = 0; filter < width; filter++) start[filter] = filter < filled ? bias[first + filter] : 0;
    for (int from = 0; from < windows; from += strip) {
      const int count = smaller(strip, windows - from);
      sum_panel(width, count * block.window(), group.values, group.positions + size_t(from) * block.window(),
                group.taps, block.taps(), panels, start, 0, sums);
      for (int window = 0; window < count; window++) {
        const size_t at = size_t(from + window) * block.filters + first;
        pool_window(block, sums + size_t(window) * block.window() * width, width, filled, outputs + at,
                    winners ? winners + at : nullptr);
      }
    }
    panels += size_t(block.taps()) * width;
  }
}

}  // namespace
