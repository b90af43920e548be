// What XLA calls for dropout: values spread over threads.

#include "dropout.h"
#include "instruction_sets.h"
#include "parallel.h"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

namespace tenfold {
namespace {

using Values = ffi::Buffer<ffi::F32>;
using Key = ffi::Buffer<ffi::U32, 1>;

ffi::Error Dropout(ffi::ThreadPool pool, float keep, Key key, Values inputs,
                   ffi::Result<Values> outputs) {
  constexpr size_t kPart = 16'384;
  const DropoutRule rule = {{key.typed_data()[0], key.typed_data()[1]}, keep};
  const size_t count = inputs.element_count(), parts = (count + kPart - 1) / kPart;
  parallel(pool, static_cast<int>(parts), [&](int part) {
    const size_t first = count * part / parts, last = count * (part + 1) / parts;
    kernels().dropout.drop(rule, inputs.typed_data() + first, first, last - first, outputs->typed_data() + first);
  });
  return ffi::Error::Success();
}

}  // namespace
}  // namespace tenfold

#pragma GCC visibility push(default)

XLA_FFI_DEFINE_HANDLER_SYMBOL(TenfoldDropout, tenfold::Dropout,
                              ffi::Ffi::Bind()
                                  .Ctx<ffi::ThreadPool>()
                                  .Attr<float>("keep")
                                  .Arg<tenfold::Key>()
                                  .Arg<tenfold::Values>()
                                  .Ret<tenfold::Values>());

#pragma GCC visibility pop
