// A dense layer's products in parts that threads compute on their own.

#pragma once

#include <algorithm>

#include "instruction_sets.h"
#include "memory.h"
#include "parallel.h"
#include "product.h"
#include "xla/ffi/api/ffi.h"

namespace tenfold {

using Rows = xla::ffi::Buffer<xla::ffi::F32, 2>;

// Products with fewer multiplications than this take less time than a second thread takes to begin.
constexpr int64_t kWorthSharing = 200'000;

inline bool worth_sharing(const Product& product) {
  return int64_t(product.rows) * product.terms * product.columns >= kWorthSharing;
}

inline void multiply(const Product& product, const Part& part) {
  kernels().product.multiply(product, part, memory(kScratch, kernels().product.scratch_size(product)));
}

// All sums. A part should pack few columns for many rows: parts are columns, unless there are too few of them.
inline void multiply(xla::ffi::ThreadPool& pool, const Product& product) {
  const int most = worth_sharing(product) ? 2 * threads(pool) : 1;
  const int panel = kernels().product.panel, panels = (product.columns + panel - 1) / panel;
  if (panels >= threads(pool)) {
    const int parts = std::min(most, panels);
    return parallel(pool, parts, [&](int part) {
      const int first = share(panels, part, parts) * panel;
      const int last = std::min(share(panels, part + 1, parts) * panel, product.columns);
      multiply(product, {0, product.rows, first, last - first});
    });
  }
  const int parts = std::min(most, product.rows);
  parallel(pool, parts, [&](int part) {
    const int first = share(product.rows, part, parts);
    multiply(product, {first, share(product.rows, part + 1, parts) - first, 0, product.columns});
  });
}

// The gradient of the kernel, some rows after the others: calls use(first row, rows) with rows [rows, columns] of it,
// which are gone when it returns.
template <typename Use>
void for_kernel_gradient(xla::ffi::ThreadPool& pool, const Rows& inputs, const Rows& gradients, const Use& use) {
  constexpr int kRows = 24;
  const int images = inputs.dimensions()[0], features = inputs.dimensions()[1], units = gradients.dimensions()[1];
  Product product = {features, images, units, {inputs.typed_data(), 1, size_t(features)},
                     {gradients.typed_data(), size_t(units), 1}, nullptr, nullptr, false, nullptr};
  const bool shared = worth_sharing(product);
  float* packed = memory(kShared, kernels().product.packed_size(product));
  const int panel = kernels().product.panel, panels = (units + panel - 1) / panel;
  const int packers = shared ? std::min(threads(pool), panels) : 1;
  parallel(pool, packers, [&](int part) {
    const int last = std::min(share(panels, part + 1, packers) * panel, units);
    kernels().product.pack(product, share(panels, part, packers) * panel, last, packed);
  });
  product.packed = packed;
  const int blocks = (features + kRows - 1) / kRows, parts = shared ? blocks : 1;
  parallel(pool, parts, [&](int part) {
    float* sums = memory(kSums, size_t(kRows) * units);
    for (int block = share(blocks, part, parts); block < share(blocks, part + 1, parts); block++) {
      const int first = block * kRows;
      Product some = product;
      some.rows = std::min(kRows, features - first);
      some.left.values += first;
      some.sums = sums;
      multiply(some, {0, some.rows, 0, units});
      use(first, some.rows, sums);
    }
  });
}

}  // namespace tenfold
