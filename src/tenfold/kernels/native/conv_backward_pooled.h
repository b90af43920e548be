// The backward pass of a convolution with max pooling. Of each window only the winner carries a gradient, and only if
// ReLU let it pass. So a list of "events" (position, filter, gain) stands for the dense gradient; there are four or
// nine times fewer than positions. Every event adds
//
//     gain × patch under the position   to the filter's kernel gradient      (events listed by filter)
//     gain × the filter's kernel        to the image gradient at the patch   (events listed by position)
//
// and both are sums of scaled rows that lie contiguous in memory, kernel row by kernel row: a row's sums stay in
// registers while its events are gone through. Where a row is shorter than a vector (a first layer's single channel)
// the kernel gradient is summed for a vector of filters at a time instead.

#pragma once

#include "conv_block.h"
#include "tiles.h"

namespace {

constexpr int kPooledSlice = 64;  // windows whose events, and the images under them, stay in the cache

struct Events {
  int* offsets;  // of the row that is added, in floats
  float* gains;
};

// row[…] += gain × source[offset + …] for every event. Two sums for each vector hide the latency of an addition.
template <int kV>
void add_row_vectors(float* row, const float* source, const Events& events, int count) {
  const int* offsets = events.offsets;
  const float* gains = events.gains;
  Vector even[kV], odd[kV];
#pragma GCC unroll 12
  for (int v = 0; v < kV; v++) {
    even[v] = load(row + v * kLanes);
    odd[v] = Vector{};
  }
  int event = 0;
  for (; event + 1 < count; event += 2) {
    const float *from = source + offsets[event], *also = source + offsets[event + 1];
    const Vector gain = broadcast(gains[event]), other = broadcast(gains[event + 1]);
#pragma GCC unroll 12
    for (int v = 0; v < kV; v++) even[v] += gain * load(from + v * kLanes);
#pragma GCC unroll 12
    for (int v = 0; v < kV; v++) odd[v] += other * load(also + v * kLanes);
  }
  if (event < count) {
    const float* from = source + offsets[event];
    const Vector gain = broadcast(gains[event]);
#pragma GCC unroll 12
    for (int v = 0; v < kV; v++) even[v] += gain * load(from + v * kLanes);
  }
#pragma GCC unroll 12
  for (int v = 0; v < kV; v++) store(row + v * kLanes, even[v] + odd[v]);
}

void add_row_tail(float* row, const float* source, int length, int tail, const Events& events, int count) {
  if (length < kLanes) {
    for (int event = 0; event < count; event++)
      for (int i = 0; i < length; i++) row[i] += events.gains[event] * source[events.offsets[event] + i];
    return;
  }
  // A whole vector that ends where the row ends; of it, only what no other vector has summed.
  Vector sum = {};
  for (int event = 0; event < count; event++)
    sum += broadcast(events.gains[event]) * load(source + events.offsets[event] + length - kLanes);
  for (int i = kLanes - tail; i < kLanes; i++) row[length - kLanes + i] += sum[i];
}

void add_row(float* row, const float* source, int length, const Events& events, int count) {
  int at = 0;
  while (length - at >= kLanes) {
    const int left = (length - at) / kLanes, width = left >= 6 ? 6 : left >= 4 ? 4 : left;
    switch (width) {
      case 1: add_row_vectors<1>(row + at, source + at, events, count); break;
      case 2: add_row_vectors<2>(row + at, source + at, events, count); break;
      case 3: add_row_vectors<3>(row + at, source + at, events, count); break;
      case 4: add_row_vectors<4>(row + at, source + at, events, count); break;
      default: add_row_vectors<6>(row + at, source + at, events, count); break;
    }
    at += width * kLanes;
  }
  if (at < length) add_row_tail(row, source, length, length - at, events, count);
}

bool short_rows(const ConvBlock& block) { return block.row_taps() < kLanes; }

// Rows begin … end of [rows, columns] → columns of [columns, rows], in squares that stay in the cache.
void transpose(const float* from, int rows, int columns, int begin, int end, float* to) {
  constexpr int kSquare = 16;
  for (int r = begin; r < end; r += kSquare)
    for (int c = 0; c < columns; c += kSquare)
      for (int i = r; i < smaller(r + kSquare, end); i++)
        for (int j = c; j < smaller(c + kSquare, columns); j++) to[size_t(j) * rows + i] = from[size_t(i) * columns + j];
}

size_t pooled_kernel_size(const ConvBlock& block) { return size_t(block.taps()) * block.filters; }

void arrange_pooled_kernel(const ConvBlock& block, const float* kernel, float* rows, int part, int parts) {
  const int taps = block.taps();
  transpose(kernel, taps, block.filters, share(taps, part, parts), share(taps, part + 1, parts), rows);
}

size_t pooled_sums_size(const ConvBlock& block) { return size_t(block.taps()) * block.filters; }

void arrange_pooled_gradient(const ConvBlock& block, const float* sums, float* kernel_gradient, int part, int parts) {
  const int filters = block.filters;
  transpose(sums, filters, block.taps(), share(filters, part, parts), share(filters, part + 1, parts), kernel_gradient);
}

// Lists by filter have room for every window, lists by position (of one window) for every filter.
size_t pooled_scratch(const ConvBlock& block, int windows) {
  const size_t by_filter = size_t(windows) * block.filters;
  const size_t by_position = size_t(block.window()) * block.filters;
  return block.filters + 2 * (by_filter > by_position ? by_filter : by_position);
}

// What ReLU passes of a vector of gradients: 1 where it does and the gradient is not zero. What is not a number passes.
IntVector passes(const ConvBlock& block, const float* outputs, const float* gradients, int lanes) {
  const IntVector some = load_part(gradients, lanes) != 0;
  return -(block.relu ? (some & ~(load_part(outputs, lanes) <= 0)) : some);
}

// Calls write(filter, at, passed) for every output of one window; `at` is where it lies, `passed` is 1 or 0. Lists are
// written without branches, which would be guesses: every event, and the next one over it if it does not count.
template <typename Write>
void for_outputs(const ConvBlock& block, int window, const float* outputs, const float* gradients, const Write& write) {
  for (int first = 0; first < block.filters; first += kLanes) {
    const int lanes = smaller(kLanes, block.filters - first);
    const size_t at = size_t(window) * block.filters + first;
    int passed[kLanes];
    const IntVector pass = passes(block, outputs + at, gradients + at, lanes);
    __builtin_memcpy(passed, &pass, sizeof passed);
    for (int lane = 0; lane < lanes; lane++) write(first + lane, at + lane, passed[lane]);
  }
}

void list_by_filter(const ConvBlock& block, const Group& group, const float* outputs, const uint8_t* winners,
                    const float* gradients, const Events& events, int* ends) {
  const int filters = block.filters, windows = group.windows, window_size = block.window();
  for (int filter = 0; filter < filters; filter++) ends[filter] = filter * windows;
  for (int window = 0; window < windows; window++) {
    const int* positions = group.positions + size_t(window) * window_size;
    for_outputs(block, window, outputs, gradients, [&](int filter, size_t at, int passed) {
      const int slot = ends[filter];
      events.offsets[slot] = positions[winners[at]];
      events.gains[slot] = gradients[at];
      ends[filter] = slot + passed;
    });
  }
}

void add_bias_gradient(const ConvBlock& block, int windows, const float* outputs, const float* gradients,
                       float* bias_sums) {
  for (int first = 0; first < block.filters; first += kLanes) {
    const int lanes = smaller(kLanes, block.filters - first);
    Vector sum = {};
    for (int window = 0; window < windows; window++) {
      const size_t at = size_t(window) * block.filters + first;
      const Vector gradient = load_part(gradients + at, lanes);
      sum += block.relu ? (load_part(outputs + at, lanes) <= 0 ? Vector{} : gradient) : gradient;
    }
    for (int lane = 0; lane < lanes; lane++) bias_sums[first + lane] += sum[lane];
  }
}

void add_kernel_gradient_by_filter(const ConvBlock& block, const Group& group, const Events& events, const int* ends,
                                   float* kernel_sums) {
  const int windows = group.windows;
  for (int filter = 0; filter < block.filters; filter++) {
    const Events own = {events.offsets + size_t(filter) * windows, events.gains + size_t(filter) * windows};
    for (int i = 0; i < block.kernel_height; i++)
      add_row(kernel_sums + size_t(filter) * block.taps() + i * block.row_taps(),
              group.values + size_t(i) * block.width * block.channels, block.row_taps(), own, ends[filter] - filter * windows);
  }
}

// The gradient of kT kernel values for kV vectors of filters, summed over all positions. `filled` filters are there.
template <int kT, int kV>
void add_taps(const ConvBlock& block, const Group& group, const float* outputs, const uint8_t* winners,
              const float* gradients, int first, int filled, int tap, float* kernel_sums) {
  Vector sum[kT][kV];
#pragma GCC unroll 9
  for (int t = 0; t < kT; t++)
    for (int v = 0; v < kV; v++) sum[t][v] = Vector{};
  const int* taps = group.taps + tap;
  for (int window = 0; window < group.windows; window++) {
    const size_t at = size_t(window) * block.filters + first;
    Vector gradient[kV];
    IntVector winner[kV];
    for (int v = 0; v < kV; v++) {
      const int lanes = filled - v * kLanes;
      gradient[v] = load_part(gradients + at + v * kLanes, lanes);
      if (block.relu) gradient[v] = load_part(outputs + at + v * kLanes, lanes) <= 0 ? Vector{} : gradient[v];
      winner[v] = load_bytes(winners + at + v * kLanes, lanes);
    }
    for (int position = 0; position < block.window(); position++) {
      Vector gain[kV];
      for (int v = 0; v < kV; v++) gain[v] = winner[v] == position ? gradient[v] : Vector{};
      const float* patch = group.values + group.positions[size_t(window) * block.window() + position];
#pragma GCC unroll 9
      for (int t = 0; t < kT; t++) {
        const Vector value = broadcast(patch[taps[t]]);
        for (int v = 0; v < kV; v++) sum[t][v] += value * gain[v];
      }
    }
  }
  for (int filter = 0; filter < filled; filter++)
    for (int t = 0; t < kT; t++)
      kernel_sums[size_t(first + filter) * block.taps() + tap + t] += sum[t][filter / kLanes][filter % kLanes];
}

template <int kV>
void add_all_taps(const ConvBlock& block, const Group& group, const float* outputs, const uint8_t* winners,
                  const float* gradients, int first, int filled, float* kernel_sums) {
  constexpr int kMost = kPanelVectors == 4 ? 9 : 5;  // what the registers hold
  for (int tap = 0; tap < block.taps();) {
    const int left = block.taps() - tap, count = left >= kMost ? kMost : left >= 4 ? 4 : left >= 2 ? 2 : 1;
    auto add = count == kMost ? add_taps<kMost, kV>
               : count == 4   ? add_taps<4, kV>
               : count == 2   ? add_taps<2, kV>
                              : add_taps<1, kV>;
    add(block, group, outputs, winners, gradients, first, filled, tap, kernel_sums);
    tap += count;
  }
}

void add_kernel_gradient_by_tap(const ConvBlock& block, const Group& group, const float* outputs,
                                const uint8_t* winners, const float* gradients, float* kernel_sums) {
  for (int first = 0; first < block.filters; first += 2 * kLanes) {
    const int filled = smaller(2 * kLanes, block.filters - first);
    (filled > kLanes ? add_all_taps<2> : add_all_taps<1>)(block, group, outputs, winners, gradients, first, filled,
                                                          kernel_sums);
  }
}

void add_pooled_image_gradient(const ConvBlock& block, const Group& group, const float* kernel_rows,
                               const float* outputs, const uint8_t* winners, const float* gradients,
                               const Events& events, float* image_gradients) {
  const int filters = block.filters, taps = block.taps(), window_size = block.window();
  int ends[256];  // of each position's list; a window has no more
  for (int window = 0; window < group.windows; window++) {
    for (int position = 0; position < window_size; position++) ends[position] = position * filters;
    for_outputs(block, window, outputs, gradients, [&](int filter, size_t at, int passed) {
      const int winner = winners[at], slot = ends[winner];
      events.offsets[slot] = filter * taps;
      events.gains[slot] = gradients[at];
      ends[winner] = slot + passed;
    });
    for (int position = 0; position < window_size; position++) {
      const int begin = position * filters, count = ends[position] - begin;
      if (!count) continue;
      const Events own = {events.offsets + begin, events.gains + begin};
      float* patch = image_gradients + group.positions[size_t(window) * window_size + position];
      for (int i = 0; i < block.kernel_height; i++)
        add_row(patch + size_t(i) * block.width * block.channels, kernel_rows + i * block.row_taps(),
                block.row_taps(), own, count);
    }
  }
}

void backward_pooled(const ConvBlock& block, const Group& group, const float* kernel_rows, const float* outputs,
                     const uint8_t* winners, const float* output_gradients, float* image_gradients,
                     float* kernel_sums, float* bias_sums, float* scratch) {
  int* ends = reinterpret_cast<int*>(scratch);
  const size_t room = (pooled_scratch(block, group.windows) - block.filters) / 2;
  const Events events = {ends + block.filters, scratch + block.filters + room};
  add_bias_gradient(block, group.windows, outputs, output_gradients, bias_sums);
  if (short_rows(block)) {
    add_kernel_gradient_by_tap(block, group, outputs, winners, output_gradients, kernel_sums);
  } else {
    list_by_filter(block, group, outputs, winners, output_gradients, events, ends);
    add_kernel_gradient_by_filter(block, group, events, ends, kernel_sums);
  }
  if (image_gradients)
    add_pooled_image_gradient(block, group, kernel_rows, outputs, winners, output_gradients, events, image_gradients);
}

}  // namespace
