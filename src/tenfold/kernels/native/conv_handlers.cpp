// What XLA calls for a convolution block: images spread over threads, each group of them through a pass.

#include <algorithm>
#include <cstring>

#include "conv_block.h"
#include "geometry.h"
#include "instruction_sets.h"
#include "memory.h"
#include "parallel.h"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

namespace tenfold {
namespace {

using FloatVector = ffi::Buffer<ffi::F32, 1>;

// Calls pass(first image, images) for each group of one part's images.
template <typename Pass>
void for_groups(const Geometry& geometry, int parts, int part, const Pass& pass) {
  const int end = share(geometry.images, part + 1, parts);
  for (int first = share(geometry.images, part, parts); first < end; first += geometry.group_images)
    pass(first, std::min(geometry.group_images, end - first));
}

ffi::Error Forward(ffi::ThreadPool pool, Numbers strides, Numbers padding, Numbers pooling, bool relu, Floats images,
                   Floats kernel, FloatVector bias, ffi::Result<Floats> outputs, ffi::Result<ffi::AnyBuffer> winners) {
  const Geometry geometry = measure(images, kernel, strides, padding, pooling, relu);
  const ConvBlock& block = geometry.block;
  float* arranged = memory(kShared, kernels().conv.forward_kernel_size(block));
  const int workers = threads(pool);
  parallel(pool, workers, [&](int worker) {
    kernels().conv.arrange_forward_kernel(block, kernel.typed_data(), arranged, worker, workers);
  });
  uint8_t* all_winners = block.window() > 1 ? static_cast<uint8_t*>(winners->untyped_data()) : nullptr;
  const int parts = std::min(geometry.images, 4 * workers);
  parallel(pool, parts, [&](int part) {
    float* scratch = memory(kScratch, kernels().conv.forward_scratch(block));
    for_groups(geometry, parts, part, [&](int first, int count) {
      const float* values = with_padding(geometry, images.typed_data() + first * geometry.image_size(), count);
      const Group group = {count * block.windows(), values, geometry.taps.data(), geometry.positions.data()};
      const size_t at = first * block.output_size();
      kernels().conv.forward(block, group, arranged, bias.typed_data(), outputs->typed_data() + at,
                        all_winners ? all_winners + at : nullptr, scratch);
    });
  });
  return ffi::Error::Success();
}

// Each thread sums the gradients of its own images; then the sums are added in a fixed order, so that the result does
// not depend on which thread was faster.
ffi::Error Backward(ffi::ThreadPool pool, Numbers strides, Numbers padding, Numbers pooling, bool relu,
                    bool image_gradient, Floats images, Floats kernel, Floats outputs, ffi::AnyBuffer winners,
                    Floats output_gradients, ffi::Result<Floats> image_gradients,
                    ffi::Result<Floats> kernel_gradient, ffi::Result<FloatVector> bias_gradient) {
  const Geometry geometry = measure(images, kernel, strides, padding, pooling, relu);
  const ConvBlock& block = geometry.block;
  const size_t kernel_size = whole_lines(kernels().conv.backward_kernel_size(block));
  const size_t kernel_sums_size = whole_lines(kernels().conv.kernel_sums_size(block));
  const size_t sums_size = kernel_sums_size + whole_lines(block.filters);
  const int workers = threads(pool), parts = std::max(1, std::min(geometry.images, workers));
  float* arranged = memory(kShared, kernel_size + parts * sums_size);
  float* sums = arranged + kernel_size;
  if (image_gradient)
    parallel(pool, workers, [&](int worker) {
      kernels().conv.arrange_backward_kernel(block, kernel.typed_data(), arranged, worker, workers);
    });
  const uint8_t* all_winners = block.window() > 1 ? static_cast<const uint8_t*>(winners.untyped_data()) : nullptr;
  parallel(pool, parts, [&](int part) {
    float* own = sums + part * sums_size;
    std::memset(own, 0, sums_size * sizeof(float));
    float* scratch = memory(kScratch, kernels().conv.backward_scratch(block, geometry.group_images * block.windows()));
    for_groups(geometry, parts, part, [&](int first, int count) {
      const float* values = with_padding(geometry, images.typed_data() + first * geometry.image_size(), count);
      const Group group = {count * block.windows(), values, geometry.taps.data(), geometry.positions.data()};
      float* gradients = image_gradient ? image_gradients->typed_data() + first * geometry.image_size() : nullptr;
      float* target = gradients && geometry.padded() ? memory(kPaddedGradients, count * block.image_size()) : gradients;
      if (target) std::memset(target, 0, count * block.image_size() * sizeof(float));
      const size_t at = first * block.output_size();
      kernels().conv.backward(block, group, arranged, outputs.typed_data() + at, all_winners ? all_winners + at : nullptr,
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
    kernels().conv.arrange_kernel_gradient(block, sums, kernel_gradient->typed_data(), worker, workers);
  });
  std::copy_n(sums + kernel_sums_size, block.filters, bias_gradient->typed_data());
  return ffi::Error::Success();
}

}  // namespace
}  // namespace tenfold

// What both handlers are told of the block.
static auto bind_block() {
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .Attr<tenfold::Numbers>("strides")
      .Attr<tenfold::Numbers>("padding")
      .Attr<tenfold::Numbers>("pooling")
      .Attr<bool>("relu");
}

#pragma GCC visibility push(default)

XLA_FFI_DEFINE_HANDLER_SYMBOL(TenfoldConvForward, tenfold::Forward,
                              bind_block()
                                  .Arg<tenfold::Floats>()
                                  .Arg<tenfold::Floats>()
                                  .Arg<tenfold::FloatVector>()
                                  .Ret<tenfold::Floats>()
                                  .Ret<ffi::AnyBuffer>());

XLA_FFI_DEFINE_HANDLER_SYMBOL(TenfoldConvBackward, tenfold::Backward,
                              bind_block()
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
