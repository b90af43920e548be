// The products of a dense layer: outputs, gradient of the inputs, gradient of the kernel.

#pragma once

#include <cstddef>

namespace tenfold {

// values[row × row_step + column × column_step]: a matrix, or a transposed one.
struct Matrix {
  const float* values;
  size_t row_step, column_step;
};

// sums[row, column] = start[column] + Σ over terms of left[row, term] × right[term, column], cut off at 0 if `relu`.
struct Product {
  int rows, terms, columns;
  Matrix left, right;
  const float* packed;  // all of `right` as `pack` leaves it, or null
  const float* start;   // [columns]; null is zeros
  bool relu;
  float* sums;  // [rows, columns]
};

// Part of a product's sums.
struct Part {
  int first_row, rows, first_column, columns;
};

// The functions of one instruction set. Sizes are in floats.
struct ProductKernels {
  int panel;  // columns that are summed at a time; parts of a product begin at multiples of it
  size_t (*scratch_size)(const Product&);
  void (*multiply)(const Product&, const Part&, float* scratch);

  // `right` in the order in which it is read, for products of which several parts have the same columns.
  size_t (*packed_size)(const Product&);
  void (*pack)(const Product&, int first_column, int last_column, float* packed);
};

extern const ProductKernels product_kernels_plain;
#if defined(__x86_64__)
extern const ProductKernels product_kernels_avx2;
extern const ProductKernels product_kernels_avx512;
#endif

}  // namespace tenfold
