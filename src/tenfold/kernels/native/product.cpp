// Products for one instruction set: this file is compiled once for each, with TENFOLD_TARGET as its name.
//
//     for each block of rows
//       for each tile of 3 rows: list the terms in which any of the rows is not zero
//       for each panel of columns: pack its part of `right`
//         for each tile: its sums over its list, in registers
//
// Pixels are mostly black, and neighbours are black together: of MNIST's pixels, less than four in ten stand in the list
// of three images, and a quarter of the images in the list of three neighbouring pixels. The rest would add zeros. Three
// rows are few enough for that, and enough to use what is loaded: 3 × 4 vectors of sums need 4 + 3 loads a term. Where
// nothing is zero, the lists cost little.

#include "product.h"

#include <type_traits>

#include "target.h"
#include "vectors.h"

namespace {

using tenfold::Matrix;
using tenfold::Part;
using tenfold::Product;

constexpr int kTile = 3;                         // rows that are summed together
constexpr int kPanelWidth = 2 * kPanelVectors;   // in vectors; 3 times as many sums fit into registers
constexpr int kPanelColumns = kPanelWidth * kLanes;
constexpr int kLineTerms = 16;                   // floats in a cache line
constexpr int kBlockTiles = 32;                  // tiles that use a panel while it is in a near cache

// Which terms a tile's sums need, in order.
template <int kRows>
int list_terms(const Matrix& left, int first_row, int terms, int* list) {
  const float* values = left.values + first_row * left.row_step;
  int count = 0;
  for (int term = 0; term < terms; term++, values += left.column_step) {
    unsigned any = 0;
#pragma GCC unroll 3
    for (int row = 0; row < kRows; row++) {
      unsigned bits;
      __builtin_memcpy(&bits, values + row * left.row_step, sizeof bits);
      any |= bits;
    }
    list[count] = term;
    count += any != 0;
  }
  return count;
}

// Some columns of `right`: [terms, vectors of columns], with zeros up to the end of the last vector.
struct Panel {
  const float* values;
  int first_column, columns;
};

void pack_panel(const Product& product, int first_column, int columns, float* packed) {
  const Matrix& right = product.right;
  const float* values = right.values + first_column * right.column_step;
  const int width = vectors(columns) * kLanes;
  if (right.column_step == 1) {
    for (int term = 0; term < product.terms; term++, values += right.row_step)
      for (int c = 0; c < columns; c += kLanes, packed += kLanes) store(packed, load_part(values + c, columns - c));
    return;
  }
  // Transposed: a few terms at a time, so that the lines that are written stay in the cache.
  for (int first = 0; first < product.terms; first += kLineTerms)
    for (int c = 0; c < width; c++)
      for (int term = first; term < smaller(first + kLineTerms, product.terms); term++)
        packed[size_t(term) * width + c] = c < columns ? values[c * right.column_step + term * right.row_step] : 0;
}

template <int kRows, int kWidth>
void sum_tile(const Product& product, int first_row, const int* list, int count, const Panel& panel) {
  const float* left = product.left.values + first_row * product.left.row_step;
  Vector sums[kRows][kWidth];
#pragma GCC unroll 8
  for (int v = 0; v < kWidth; v++) {
    const int first = panel.first_column + v * kLanes;
    const Vector start = product.start ? load_part(product.start + first, product.columns - first) : Vector{};
#pragma GCC unroll 3
    for (int row = 0; row < kRows; row++) sums[row][v] = start;
  }
  for (int i = 0; i < count; i++) {
    const float* values = left + list[i] * product.left.column_step;
    const float* weights = panel.values + size_t(list[i]) * kWidth * kLanes;
    Vector value[kRows];
#pragma GCC unroll 3
    for (int row = 0; row < kRows; row++) value[row] = broadcast(values[row * product.left.row_step]);
#pragma GCC unroll 8
    for (int v = 0; v < kWidth; v++) {
      const Vector weight = load(weights + v * kLanes);
#pragma GCC unroll 3
      for (int row = 0; row < kRows; row++) sums[row][v] += value[row] * weight;
    }
  }
#pragma GCC unroll 3
  for (int row = 0; row < kRows; row++) {
    float* to = product.sums + size_t(first_row + row) * product.columns + panel.first_column;
#pragma GCC unroll 8
    for (int v = 0; v < kWidth; v++) {
      const Vector sum = sums[row][v];
      store_part(to + v * kLanes, product.relu ? (sum <= 0 ? Vector{} : sum) : sum, panel.columns - v * kLanes);
    }
  }
}

template <int kRows>
void sum_rows(const Product& product, int first_row, const int* list, int count, const Panel& panel) {
  switch (vectors(panel.columns)) {
    case 1: return sum_tile<kRows, 1>(product, first_row, list, count, panel);
    case 2: return sum_tile<kRows, 2>(product, first_row, list, count, panel);
    case 3: return sum_tile<kRows, 3>(product, first_row, list, count, panel);
    case 4: return sum_tile<kRows, 4>(product, first_row, list, count, panel);
#if defined(__AVX512F__) || defined(__aarch64__)
    case 5: return sum_tile<kRows, 5>(product, first_row, list, count, panel);
    case 6: return sum_tile<kRows, 6>(product, first_row, list, count, panel);
    case 7: return sum_tile<kRows, 7>(product, first_row, list, count, panel);
    default: return sum_tile<kRows, 8>(product, first_row, list, count, panel);
#endif
  }
}

// Calls function(a type that holds the number of rows, 1 to 3).
template <typename Function>
void with_rows(int rows, const Function& function) {
  switch (rows) {
    case 1: return function(std::integral_constant<int, 1>());
    case 2: return function(std::integral_constant<int, 2>());
    default: return function(std::integral_constant<int, 3>());
  }
}

// The sums of some rows, at most a block of them.
void multiply_block(const Product& product, const Part& part, float* scratch) {
  int* lists = reinterpret_cast<int*>(scratch);
  float* packed = scratch + size_t(kBlockTiles) * product.terms;
  const int tiles = (part.rows + kTile - 1) / kTile, last_column = part.first_column + part.columns;
  const auto first_row = [&](int tile) { return part.first_row + smaller(tile * kTile, part.rows); };
  int counts[kBlockTiles];
  for (int tile = 0; tile < tiles; tile++)
    with_rows(first_row(tile + 1) - first_row(tile), [&](auto rows) {
      counts[tile] = list_terms<rows>(product.left, first_row(tile), product.terms, lists + tile * product.terms);
    });
  for (int column = part.first_column; column < last_column; column += kPanelColumns) {
    const int columns = smaller(kPanelColumns, last_column - column);
    const Panel panel = {product.packed ? product.packed + size_t(column) * product.terms : packed, column, columns};
    if (!product.packed) pack_panel(product, column, columns, packed);
    for (int tile = 0; tile < tiles; tile++)
      with_rows(first_row(tile + 1) - first_row(tile), [&](auto rows) {
        sum_rows<rows>(product, first_row(tile), lists + tile * product.terms, counts[tile], panel);
      });
  }
}

size_t scratch_size(const Product& product) { return size_t(product.terms) * (kBlockTiles + kPanelColumns); }

void multiply(const Product& product, const Part& part, float* scratch) {
  constexpr int kBlock = kBlockTiles * kTile;
  for (int row = 0; row < part.rows; row += kBlock)
    multiply_block(product, {part.first_row + row, smaller(kBlock, part.rows - row), part.first_column, part.columns},
                   scratch);
}

size_t packed_size(const Product& product) { return size_t(product.terms) * vectors(product.columns) * kLanes; }

void pack(const Product& product, int first_column, int last_column, float* packed) {
  for (int column = first_column; column < last_column; column += kPanelColumns)
    pack_panel(product, column, smaller(kPanelColumns, last_column - column), packed + size_t(column) * product.terms);
}

}  // namespace

namespace tenfold {

const ProductKernels TENFOLD_TABLE(product_kernels) = {kPanelColumns, scratch_size, multiply, packed_size, pack};

}  // namespace tenfold
