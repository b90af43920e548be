// The backward pass of a convolution without pooling, for a group of images. Both gradients are dense products, and
// both use the tile of the forward pass:
//
//     kernel gradient [taps, filters]    for each panel of filters, for each tile of taps: sum over all positions of
//                                        image value under the tap × output gradient
//     patch gradient [positions, taps]   for each strip of positions, for each panel of taps: sum over all filters of
//                                        output gradient × weight; then each patch is added to the image gradient
//                                        where it was taken

#pragma once

#include "conv_block.h"
#include "tiles.h"

namespace {

constexpr int kDenseSlice = 192;  // positions whose gradients stay in the second-level cache
constexpr int kPatchStrip = 24;  // positions whose patches are summed before they are added to the image

size_t dense_kernel_size(const ConvBlock& block) { return size_t(block.filters) * padded(block.taps()); }

// [taps, filters] → panel by panel of taps [filters, panel width], padded with zeros.
void arrange_dense_kernel(const ConvBlock& block, const float* kernel, float* panels, int part, int parts) {
  const int count = (block.taps() + kPanel - 1) / kPanel;
  for (int index = share(count, part, parts); index < share(count, part + 1, parts); index++) {
    const int first = index * kPanel;
    const int width = panel_width(block.taps() - first), filled = smaller(width, block.taps() - first);
    float* panel = panels + size_t(block.filters) * first;
    for (int tap = filled; tap < width; tap++)
      for (int filter = 0; filter < block.filters; filter++) panel[filter * width + tap] = 0;
    for (int start = 0; start < block.filters; start += kLanes)
      for (int tap = 0; tap < filled; tap++) {
        const float* from = kernel + size_t(first + tap) * block.filters;
        for (int filter = start; filter < smaller(start + kLanes, block.filters); filter++)
          panel[filter * width + tap] = from[filter];
      }
  }
}

size_t dense_sums_size(const ConvBlock& block) { return size_t(block.taps()) * padded(block.filters); }

// Panel by panel [taps, panel width] → [taps, filters].
void arrange_dense_gradient(const ConvBlock& block, const float* sums, float* kernel_gradient, int part, int parts) {
  for (int first = 0; first < block.filters; first += kPanel) {
    const int width = panel_width(block.filters - first), filled = smaller(width, block.filters - first);
    for (int tap = share(block.taps(), part, parts); tap < share(block.taps(), part + 1, parts); tap++)
      __builtin_memcpy(kernel_gradient + size_t(tap) * block.filters + first, sums + size_t(tap) * width,
                       filled * sizeof(float));
    sums += size_t(block.taps()) * width;
  }
}

struct DenseScratch {
  float* gradients;  // [positions, padded filters], panel by panel: what ReLU lets pass
  int* filters;      // [filters]: 0, 1, 2, …
  int* positions;    // [strip]: where each position's gradients begin in one panel
  float* patches;    // [strip, padded taps], panel by panel
  float* zeros;      // [panel]
};

DenseScratch divide_dense(const ConvBlock& block, int positions, float* scratch) {
  DenseScratch parts;
  parts.gradients = scratch;
  parts.patches = parts.gradients + size_t(positions) * padded(block.filters);
  parts.zeros = parts.patches + size_t(kPatchStrip) * padded(block.taps());
  parts.filters = reinterpret_cast<int*>(parts.zeros + kPanel);
  parts.positions = parts.filters + padded(block.filters);
  return parts;
}

size_t dense_scratch(const ConvBlock& block, int positions) {
  return size_t(positions) * padded(block.filters) + size_t(kPatchStrip) * padded(block.taps()) +
         kPanel + padded(block.filters) + kPatchStrip;
}

// What ReLU lets pass of the output's gradient, panel by panel of filters; and its sum, the bias's gradient.
void pass_gradients(const ConvBlock& block, int positions, const float* outputs, const float* gradients, float* passed,
                    float* bias_sums) {
  for (int first = 0; first < block.filters; first += kPanel) {
    const int width = panel_width(block.filters - first);
    for (int at = 0; at < width; at += kLanes) {
      const int lanes = smaller(kLanes, block.filters - first - at);
      Vector total = {};
      for (int position = 0; position < positions; position++) {
        const size_t from = size_t(position) * block.filters + first + at;
        Vector gradient = load_part(gradients + from, lanes);
        if (block.relu) gradient = load_part(outputs + from, lanes) <= 0 ? Vector{} : gradient;
        total += gradient;
        store(passed + size_t(position) * width + at, gradient);
      }
      for (int lane = 0; lane < lanes; lane++) bias_sums[first + at + lane] += total[lane];
    }
    passed += size_t(positions) * width;
  }
}

void add_dense_kernel_gradient(const ConvBlock& block, const Group& group, const float* passed, float* kernel_sums) {
  const int positions = group.windows;
  for (int first = 0; first < block.filters; first += kPanel) {
    const int width = panel_width(block.filters - first);
    // The roles change: kernel values are the tile's rows, positions are what is summed over.
    sum_panel(width, block.taps(), group.values, group.taps, group.positions, positions, passed, kernel_sums, width,
              kernel_sums);
    kernel_sums += size_t(block.taps()) * width;
    passed += size_t(positions) * width;
  }
}

// Adds the patches [count, taps] to the image gradient where they were taken, kernel row by kernel row.
void fold_patches(const ConvBlock& block, int count, const int* positions, const float* patches, float* image) {
  for (int first = 0; first < block.taps(); first += kPanel) {
    const int width = panel_width(block.taps() - first), last = smaller(first + width, block.taps());
    for (int p = 0; p < count; p++, patches += width)
      for (int tap = first; tap < last;) {
        const int row = tap / block.row_taps(), end = smaller(last, (row + 1) * block.row_taps());
        float* to = image + positions[p] + size_t(row) * block.width * block.channels + tap % block.row_taps();
        const float* from = patches + (tap - first);
        const int length = end - tap;
        int i = 0;
        for (; i + kLanes <= length; i += kLanes) store(to + i, load(to + i) + load(from + i));
        for (; i < length; i++) to[i] += from[i];
        tap = end;
      }
  }
}

void add_dense_image_gradient(const ConvBlock& block, const Group& group, const float* kernel_panels,
                              const DenseScratch& scratch, float* image_gradients) {
  const int positions = group.windows;
  for (int from = 0; from < positions; from += kPatchStrip) {
    const int count = smaller(kPatchStrip, positions - from);
    float* patches = scratch.patches;
    const float* panel = kernel_panels;
    for (int first = 0; first < block.taps(); first += kPanel) {
      const int width = panel_width(block.taps() - first);
      const float* start = scratch.zeros;
      int stride = 0;
      const float* passed = scratch.gradients;
      for (int filter = 0; filter < block.filters; filter += kPanel) {
        const int filters = smaller(kPanel, block.filters - filter), gradient_width = panel_width(block.filters - filter);
        for (int p = 0; p < count; p++) scratch.positions[p] = (from + p) * gradient_width;
        sum_panel(width, count, passed, scratch.positions, scratch.filters, filters, panel + size_t(filter) * width,
                  start, stride, patches);
        start = patches;
        stride = width;
        passed += size_t(positions) * gradient_width;
      }
      patches += size_t(count) * width;
      panel += size_t(block.filters) * width;
    }
    fold_patches(block, count, group.positions + from, scratch.patches, image_gradients);
  }
}

void backward_dense(const ConvBlock& block, const Group& group, const float* kernel_panels, const float* outputs,
                    const float* output_gradients, float* image_gradients, float* kernel_sums, float* bias_sums,
                    float* scratch) {
  const DenseScratch parts = divide_dense(block, group.windows, scratch);
  for (int filter = 0; filter < block.filters; filter++) parts.filters[filter] = filter;
  for (int i = 0; i < kPanel; i++) parts.zeros[i] = 0;
  const int positions = group.windows;
  pass_gradients(block, positions, outputs, output_gradients, parts.gradients, bias_sums);
  add_dense_kernel_gradient(block, group, parts.gradients, kernel_sums);
  if (image_gradients) add_dense_image_gradient(block, group, kernel_panels, parts, image_gradients);
}

}  // namespace
