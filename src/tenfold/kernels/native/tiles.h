// The product at the heart of all passes: a tile of sums that stays in registers.
//
//     sums[p, filter] = start[p, filter] + Σ over taps of values[positions[p] + taps[tap]] × panel[tap, filter]
//
// A panel is a few vectors of filters wide and lies contiguous; per tap its weights are loaded once and used for all
// positions of the tile.

#pragma once

#include "conv_block.h"
#include "vectors.h"

namespace {

using tenfold::ConvBlock;
using tenfold::Group;

constexpr int kTile = 6;  // positions whose sums fit into registers
constexpr int kPanel = kPanelVectors * kLanes;

inline int larger(int a, int b) { return a > b ? a : b; }
inline int padded(int filters) { return vectors(filters) * kLanes; }
// Where the part'th of `parts` shares of some work begins; the next one's beginning is its end.
inline int share(int work, int part, int parts) { return static_cast<int>(static_cast<long long>(work) * part / parts); }
inline int panel_width(int filters) { return smaller(kPanel, padded(filters)); }

template <int kP, int kV>
void sum_tile(const float* values, const int* positions, const int* taps, int tap_count, const float* panel,
              const float* start, int start_stride, float* sums) {
  Vector sum[kP][kV];
  const float* patch[kP];
#pragma GCC unroll 6
  for (int p = 0; p < kP; p++) {
    patch[p] = values + positions[p];
#pragma GCC unroll 4
    for (int v = 0; v < kV; v++) sum[p][v] = load(start + p * start_stride + v * kLanes);
  }
  for (int tap = 0; tap < tap_count; tap++, panel += kV * kLanes) {
    const int offset = taps[tap];
    Vector weights[kV];
#pragma GCC unroll 4
    for (int v = 0; v < kV; v++) weights[v] = load(panel + v * kLanes);
#pragma GCC unroll 6
    for (int p = 0; p < kP; p++) {
      const Vector value = broadcast(patch[p][offset]);
#pragma GCC unroll 4
      for (int v = 0; v < kV; v++) sum[p][v] += value * weights[v];
    }
  }
#pragma GCC unroll 6
  for (int p = 0; p < kP; p++)
#pragma GCC unroll 4
    for (int v = 0; v < kV; v++) store(sums + (p * kV + v) * kLanes, sum[p][v]);
}

template <int kV>
void sum_positions(int count, const float* values, const int* positions, const int* taps, int tap_count,
                   const float* panel, const float* start, int start_stride, float* sums) {
  for (int from = 0, in_tile = 0; from < count; from += in_tile) {
    const int left = count - from, tiles = (left + kTile - 1) / kTile;
    in_tile = (left + tiles - 1) / tiles;
    const int* where = positions + from;
    const float* start_here = start + size_t(from) * start_stride;
    float* to = sums + size_t(from) * kV * kLanes;
    switch (in_tile) {
      case 1: sum_tile<1, kV>(values, where, taps, tap_count, panel, start_here, start_stride, to); break;
      case 2: sum_tile<2, kV>(values, where, taps, tap_count, panel, start_here, start_stride, to); break;
      case 3: sum_tile<3, kV>(values, where, taps, tap_count, panel, start_here, start_stride, to); break;
      case 4: sum_tile<4, kV>(values, where, taps, tap_count, panel, start_here, start_stride, to); break;
      case 5: sum_tile<5, kV>(values, where, taps, tap_count, panel, start_here, start_stride, to); break;
      default: sum_tile<6, kV>(values, where, taps, tap_count, panel, start_here, start_stride, to); break;
    }
  }
}

// Sums for `count` positions and one panel of `width` filters: [count, width].
inline void sum_panel(int width, int count, const float* values, const int* positions, const int* taps, int tap_count,
                      const float* panel, const float* start, int start_stride, float* sums) {
  switch (width / kLanes) {
    case 1: return sum_positions<1>(count, values, positions, taps, tap_count, panel, start, start_stride, sums);
    case 2: return sum_positions<2>(count, values, positions, taps, tap_count, panel, start, start_stride, sums);
#if defined(__AVX512F__) || defined(__aarch64__)
    case 3: return sum_positions<3>(count, values, positions, taps, tap_count, panel, start, start_stride, sums);
    default: return sum_positions<4>(count, values, positions, taps, tap_count, panel, start, start_stride, sums);
#endif
  }
}

}  // namespace
