// What XLA calls: arguments checked, memory laid out, images spread over threads.

#include <algorithm>
#include <atomic>
#include <cstring>
#include <memory>
#include <vector>

#include "conv_block.h"
#include "parallel.h"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

namespace tenfold {
namespace {

using Floats = ffi::Buffer<ffi::F32, 4>;
using FloatVector = ffi::Buffer<ffi::F32, 1>;
using Bytes = ffi::AnyBuffer;

const ConvKernels* find_kernels(const char* name) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  if (!std::strcmp(name, "avx512") && avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl"))
    return &conv_kernels_avx512;
  if (!std::strcmp(name, "avx2") && avx2) return &conv_kernels_avx2;
#endif
  return std::strcmp(name, "plain") ? nullptr : &conv_kernels_plain;
}

std::atomic<const ConvKernels*> chosen_kernels{&conv_kernels_plain};

const ConvKernels& kernels() { return *chosen_kernels.load(std::memory_order_relaxed); }

// Memory that a thread keeps for its next call: asking the system anew each time costs more than a small layer. It
// begins with a cache line, for vectors that lie across two of them are twice as slow.
enum Purpose { kScratch, kPaddedImages, kPaddedGradients, kShared, kPurposes };

constexpr size_t kLineFloats = 16;

float* memory(Purpose purpose, size_t floats) {
  thread_local std::vector<float> kept[kPurposes];
  if (kept[purpose].size() < floats + kLineFloats) kept[purpose].resize(floats + kLineFloats);
  void* start = kept[purpose].data();
  size_t space = kept[purpose].size() * sizeof(float);
  return static_cast<float*>(std::align(kLineFloats * sizeof(float), floats * sizeof(float), start, space));
}

size_t whole_lines(size_t floats) { return (floats + kLineFloats - 1) / kLineFloats * kLineFloats; }

// The block, the images as they come (without padding), and where things lie in a group of images.
struct Geometry {
  ConvBlock block;
  int images, height, width;
  int pad_top, pad_left;
  int group_images;
  std::vector<int> taps, positions;

  bool padded() const { return height != block.height || width != block.width; }
  size_t image_size() const { return size_t(height) * width * block.channels; }
};

// A small layer's images go through a pass together, so that its loops are long enough.
constexpr int kGroupPositions = 64;

void fill_offsets(Geometry& geometry) {
  const ConvBlock& block = geometry.block;
  for (int i = 0; i < block.kernel_height; i++)
    for (int k = 0; k < block.row_taps(); k++) geometry.taps.push_back(i * block.width * block.channels + k);
  for (int image = 0; image < geometry.group_images; image++)
    for (int row = 0; row < block.rows; row++)
      for (int column = 0; column < block.columns; column++)
        for (int i = 0; i < block.pool_height; i++)
          for (int j = 0; j < block.pool_width; j++) {
            const int y = (row * block.pool_height + i) * block.stride_height;
            const int x = (column * block.pool_width + j) * block.stride_width;
            geometry.positions.push_back(image * block.image_size() + (y * block.width + x) * block.channels);
          }
}

Geometry measure(Floats images, Floats kernel, ffi::Span<const int64_t> strides, ffi::Span<const int64_t> padding,
                 ffi::Span<const int64_t> pool, bool relu) {
  const auto image = images.dimensions(), size = kernel.dimensions();
  Geometry geometry;
  geometry.images = image[0];
  geometry.height = image[1];
  geometry.width = image[2];
  geometry.pad_top = padding[0];
  geometry.pad_left = padding[2];
  ConvBlock& block = geometry.block;
  block.height = image[1] + padding[0] + padding[1];
  block.width = image[2] + padding[2] + padding[3];
  block.channels = image[3];
  block.kernel_height = size[0];
  block.kernel_width = size[1];
  block.filters = size[3];
  block.stride_height = strides[0];
  block.stride_width = strides[1];
  block.pool_height = pool[0];
  block.pool_width = pool[1];
  block.rows = ((block.height - block.kernel_height) / block.stride_height + 1) / block.pool_height;
  block.columns = ((block.width - block.kernel_width) / block.stride_width + 1) / block.pool_width;
  block.relu = relu;
  geometry.group_images = std::max(1, kGroupPositions / std::max(1, block.windows() * block.window()));
  fill_offsets(geometry);
  return geometry;
}

// Where image `y`'s first pixel of a padded image lies, in floats.
size_t padded_row(const Geometry& geometry, int y) {
  return (size_t(y + geometry.pad_top) * geometry.block.width + geometry.pad_left) * geometry.block.channels;
}

const float* with_padding(const Geometry& geometry, const float* images, int count) {
  if (!geometry.padded()) return images;
  const size_t size = geometry.block.image_size(), row = size_t(geometry.width) * geometry.block.channels;
  float* padded = memory(kPaddedImages, count * size);
  std::memset(padded, 0, count * size * sizeof(float));
  for (int image = 0; image < count; image++)
    for (int y = 0; y < geometry.height; y++, images += row)
      std::memcpy(padded + image * size + padded_row(geometry, y), images, row * sizeof(float));
  return padded;
}

void without_padding(const Geometry& geometry, const float* padded, int count, float* images) {
  const size_t size = geometry.block.image_size(), row = size_t(geometry.width) * geometry.block.channels;
  for (int image = 0; image < count; image++)
    for (int y = 0; y < geometry.height; y++, images += row)
      std::memcpy(images, padded + image * size + padded_row(geometry, y), row * sizeof(float));
}

int part_start(int images, int parts, int part) { return static_cast<int>(int64_t(images) * part / parts); }

// Calls pass(first image, images) for each group of one part's images.
template <typename Pass>
void for_groups(const Geometry& geometry, int parts, int part, const Pass& pass) {
  const int end = part_start(geometry.images, parts, part + 1);
  for (int first = part_start(geometry.images, parts, part); first < end; first += geometry.group_images)
    pass(first, std::min(geometry.group_images, end - first));
}

ffi::Error Forward(ffi::ThreadPool pool, ffi::Span<const int64_t> strides, ffi::Span<const int64_t> padding,
                   ffi::Span<const int64_t> pooling, bool relu, Floats images, Floats kernel, FloatVector bias,
                   ffi::Result<Floats> outputs, ffi::Result<ffi::AnyBuffer> winners) {
  const Geometry geometry = measure(images, kernel, strides, padding, pooling, relu);
  const ConvBlock& block = geometry.block;
  float* arranged = memory(kShared, kernels().forward_kernel_size(block));
  const int workers = threads(pool);
  parallel(pool, workers, [&](int worker) {
    kernels().arrange_forward_kernel(block, kernel.typed_data(), arranged, worker, workers);
  });
  uint8_t* all_winners = block.window() > 1 ? static_cast<uint8_t*>(winners->untyped_data()) : nullptr;
  const int parts = std::min(geometry.images, 4 * workers);
  parallel(pool, parts, [&](int part) {
    float* scratch = memory(kScratch, kernels().forward_scratch(block));
    for_groups(geometry, parts, part, [&](int first, int count) {
      const float* values = with_padding(geometry, images.typed_data() + first * geometry.image_size(), count);
      const Group group = {count, values, geometry.taps.data(), geometry.positions.data()};
      const size_t at = first * block.output_size();
      kernels().forward(block, group, arranged, bias.typed_data(), outputs->typed_data() + at,
                        all_winners ? all_winners + at : nullptr, scratch);
    });
  });
  return ffi::Error::Success();
}

// Each thread sums the gradients of its own images; then the sums are added in a fixed order, so that the result does
// not depend on which thread was faster.
ffi::Error Backward(ffi::ThreadPool pool, ffi::Span<const int64_t> strides, ffi::Span<const int64_t> padding,
                    ffi::Span<const int64_t> pooling, bool relu, bool image_gradient, Floats images, Floats kernel,
                    Floats outputs, ffi::AnyBuffer winners, Floats output_gradients, ffi::Result<Floats> image_gradients,
                    ffi::Result<Floats> kernel_gradient, ffi::Result<FloatVector> bias_gradient) {
  const Geometry geometry = measure(images, kernel, strides, padding, pooling, relu);
  const ConvBlock& block = geometry.block;
  const size_t kernel_size = whole_lines(kernels().backward_kernel_size(block));
  const size_t kernel_sums_size = whole_lines(kernels().kernel_sums_size(block));
  const size_t sums_size = kernel_sums_size + whole_lines(block.filters);
  const int workers = threads(pool), parts = std::max(1, std::min(geometry.images, workers));
  float* arranged = memory(kShared, kernel_size + parts * sums_size);
  float* sums = arranged + kernel_size;
  if (image_gradient)
    parallel(pool, workers, [&](int worker) {
      kernels().arrange_backward_kernel(block, kernel.typed_data(), arranged, worker, workers);
    });
  const uint8_t* all_winners = block.window() > 1 ? static_cast<const uint8_t*>(winners.untyped_data()) : nullptr;
  parallel(pool, parts, [&](int part) {
    float* own = sums + part * sums_size;
    std::memset(own, 0, sums_size * sizeof(float));
    float* scratch = memory(kScratch, kernels().backward_scratch(block, geometry.group_images));
    for_groups(geometry, parts, part, [&](int first, int count) {
      const float* values = with_padding(geometry, images.typed_data() + first * geometry.image_size(), count);
      const Group group = {count, values, geometry.taps.data(), geometry.positions.data()};
      float* gradients = image_gradient ? image_gradients->typed_data() + first * geometry.image_size() : nullptr;
      float* target = gradients && geometry.padded() ? memory(kPaddedGradients, count * block.image_size()) : gradients;
      if (target) std::memset(target, 0, count * block.image_size() * sizeof(float));
      const size_t at = first * block.output_size();
      kernels().backward(block, group, arranged, outputs.typed_data() + at, all_winners ? all_winners + at : nullptr,
                         output_gradients.typed_data() + at, target, own, own + kernel_sums_size, scratch);
      if (target != gradients) without_padding(geometry, target, count, gradients);
    });
  });
  parallel(pool, workers, [&](int worker) {
    const size_t begin = sums_size * worker / workers, end = sums_size * (worker + 1) / workers;
    for (int part = 1; part < parts; part++)
      for (size_t i = begin; i < end; i++) sums[i] += sums[part * sums_size + i];
  });
  parallel(pool, workers, [&](int worker) {
    kernels().arrange_kernel_gradient(block, sums, kernel_gradient->typed_data(), worker, workers);
  });
  std::copy_n(sums + kernel_sums_size, block.filters, bias_gradient->typed_data());
  return ffi::Error::Success();
}

}  // namespace
}  // namespace tenfold

// All that the library shows to the outside.
#pragma GCC visibility push(default)

extern "C" const char* TenfoldInstructionSet() { return tenfold::kernels().name; }

extern "C" int TenfoldHasInstructionSet(const char* name) { return tenfold::find_kernels(name) != nullptr; }

// Whether this processor has the instruction set; if so, it is used from now on.
extern "C" int TenfoldChooseInstructionSet(const char* name) {
  const tenfold::ConvKernels* found = tenfold::find_kernels(name);
  if (found) tenfold::chosen_kernels = found;
  return found != nullptr;
}

XLA_FFI_DEFINE_HANDLER_SYMBOL(TenfoldConvForward, tenfold::Forward,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Attr<ffi::Span<const int64_t>>("strides")
                                  .Attr<ffi::Span<const int64_t>>("padding")
                                  .Attr<ffi::Span<const int64_t>>("pooling")
                                  .Attr<bool>("relu")
                                  .Arg<tenfold::Floats>()
                                  .Arg<tenfold::Floats>()
                                  .Arg<tenfold::FloatVector>()
                                  .Ret<tenfold::Floats>()
                                  .Ret<ffi::AnyBuffer>());

XLA_FFI_DEFINE_HANDLER_SYMBOL(TenfoldConvBackward, tenfold::Backward,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Attr<ffi::Span<const int64_t>>("strides")
                                  .Attr<ffi::Span<const int64_t>>("padding")
                                  .Attr<ffi::Span<const int64_t>>("pooling")
                                  .Attr<bool>("relu")
                                  .Attr<bool>("image_gradient")
                                  .Arg<tenfold::Floats>()
                                  .Arg<tenfold::Floats>()
                                  .Arg<tenfold::Floats>()
                                  .Arg<ffi::AnyBuffer>()
                                  .Arg<tenfold::Floats>()
                                  .Ret<tenfold::Floats>()
                                  .Ret<tenfold::Floats>()
                                  .Ret<tenfold::FloatVector>());

#pragma GCC visibility pop
