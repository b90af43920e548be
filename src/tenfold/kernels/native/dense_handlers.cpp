// What XLA calls for a dense layer.

#include "dense.h"

namespace ffi = xla::ffi;

namespace tenfold {
namespace {

using FloatVector = ffi::Buffer<ffi::F32, 1>;

ffi::Error Forward(ffi::ThreadPool pool, bool relu, Rows inputs, Rows kernel, FloatVector bias,
                   ffi::Result<Rows> outputs) {
  const int images = inputs.dimensions()[0], features = inputs.dimensions()[1], units = kernel.dimensions()[1];
  multiply(pool, {images, features, units, {inputs.typed_data(), size_t(features), 1},
                  {kernel.typed_data(), size_t(units), 1}, nullptr, bias.typed_data(), relu, outputs->typed_data()});
  return ffi::Error::Success();
}

ffi::Error InputGradient(ffi::ThreadPool pool, Rows gradients, Rows kernel, ffi::Result<Rows> input_gradient) {
  const int images = gradients.dimensions()[0], features = kernel.dimensions()[0], units = kernel.dimensions()[1];
  multiply(pool, {images, units, features, {gradients.typed_data(), size_t(units), 1},
                  {kernel.typed_data(), 1, size_t(units)}, nullptr, nullptr, false, input_gradient->typed_data()});
  return ffi::Error::Success();
}

ffi::Error KernelGradient(ffi::ThreadPool pool, Rows inputs, Rows gradients, ffi::Result<Rows> kernel_gradient) {
  const size_t units = gradients.dimensions()[1];
  for_kernel_gradient(pool, inputs, gradients, [&](int row, int rows, const float* sums) {
    std::copy_n(sums, rows * units, kernel_gradient->typed_data() + row * units);
  });
  return ffi::Error::Success();
}

}  // namespace
}  // namespace tenfold

#pragma GCC visibility push(default)

XLA_FFI_DEFINE_HANDLER_SYMBOL(TenfoldDenseForward, tenfold::Forward,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Attr<bool>("relu")
                                  .Arg<tenfold::Rows>()
                                  .Arg<tenfold::Rows>()
                                  .Arg<tenfold::FloatVector>()
                                  .Ret<tenfold::Rows>());

XLA_FFI_DEFINE_HANDLER_SYMBOL(TenfoldDenseInputGradient, tenfold::InputGradient,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<tenfold::Rows>()
                                  .Arg<tenfold::Rows>()
                                  .Ret<tenfold::Rows>());

XLA_FFI_DEFINE_HANDLER_SYMBOL(TenfoldDenseKernelGradient, tenfold::KernelGradient,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Arg<tenfold::Rows>()
                                  .Arg<tenfold::Rows>()
                                  .Ret<tenfold::Rows>());

#pragma GCC visibility pop
