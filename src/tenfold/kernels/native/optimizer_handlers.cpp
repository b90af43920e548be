// What XLA calls for an optimiser's step on one variable: its values spread over threads.

#include <string_view>

#include "dense.h"
#include "instruction_sets.h"
#include "optimizer_step.h"
#include "parallel.h"
#include "xla/ffi/api/ffi.h"

namespace ffi = xla::ffi;

namespace tenfold {
namespace {

using Values = ffi::Buffer<ffi::F32>;
using Scalar = ffi::Buffer<ffi::F32, 0>;

OptimizerRule find_rule(std::string_view name) {
  const OptimizerKernels& rules = kernels().optimizer;
  if (name == "sgd") return rules.sgd;
  if (name == "nesterov") return rules.nesterov;
  if (name == "rmsprop") return rules.rmsprop;
  return name == "adam" ? rules.adam : nullptr;
}

struct RuledStep {
  OptimizerRule rule;
  OptimizerStep step;
};

// The step without its gradients. The variable's values and the slots' are arguments, their new values results.
ffi::ErrorOr<RuledStep> read_step(std::string_view name, ffi::Span<const float> decay, ffi::Span<const float> share, float epsilon, Scalar rate,
                                  ffi::RemainingArgs values, ffi::RemainingRets new_values) {
  OptimizerStep step = {};
  const OptimizerRule rule = find_rule(name);
  if (!rule || decay.size() > 2 || share.size() != decay.size() || values.size() != decay.size() + 1 || new_values.size() != values.size())
    return ffi::Unexpected(ffi::Error::InvalidArgument("expected a known rule, and a slot for each decay"));
  step.rate = *rate.typed_data();
  step.epsilon = epsilon;
  step.weights = values.get<Values>(0)->typed_data();
  step.new_weights = (*new_values.get<Values>(0))->typed_data();
  for (size_t slot = 0; slot < decay.size(); slot++) {
    step.decay[slot] = decay[slot];
    step.share[slot] = share[slot];
    step.slots[slot] = values.get<Values>(slot + 1)->typed_data();
    step.new_slots[slot] = (*new_values.get<Values>(slot + 1))->typed_data();
  }
  return RuledStep{rule, step};
}

ffi::Error Step(ffi::ThreadPool pool, std::string_view name, ffi::Span<const float> decay, ffi::Span<const float> share, float epsilon, Scalar rate,
                Values gradients, ffi::RemainingArgs values, ffi::RemainingRets new_values) {
  constexpr size_t kPart = 32'768;
  const auto read = read_step(name, decay, share, epsilon, rate, values, new_values);
  if (!read) return read.error();
  const OptimizerRule rule = read->rule;
  const OptimizerStep& step = read->step;
  const size_t count = gradients.element_count(), parts = (count + kPart - 1) / kPart;
  parallel(pool, static_cast<int>(parts), [&](int part) {
    const size_t first = count * part / parts;
    OptimizerStep some = step.from(first);
    some.gradients = gradients.typed_data() + first;
    rule(some, count * (part + 1) / parts - first);
  });
  return ffi::Error::Success();
}

// A step on a dense layer's kernel, from what its gradient is the product of: each part of the gradient is used up while
// it is in a near cache. Another argument only says what has to be computed before the kernel is overwritten.
ffi::Error DenseStep(ffi::ThreadPool pool, std::string_view name, ffi::Span<const float> decay, ffi::Span<const float> share, float epsilon,
                     Scalar rate, Rows inputs, Rows gradients, Rows, ffi::RemainingArgs values,
                     ffi::RemainingRets new_values) {
  const auto read = read_step(name, decay, share, epsilon, rate, values, new_values);
  if (!read) return read.error();
  const OptimizerRule rule = read->rule;
  const OptimizerStep& step = read->step;
  const size_t units = gradients.dimensions()[1];
  for_kernel_gradient(pool, inputs, gradients, [&](int row, int rows, const float* sums) {
    OptimizerStep some = step.from(row * units);
    some.gradients = sums;
    rule(some, rows * units);
  });
  return ffi::Error::Success();
}

auto bind_step() {
  return ffi::Ffi::Bind()
      .Ctx<ffi::ThreadPool>()
      .Attr<std::string_view>("rule")
      .Attr<ffi::Span<const float>>("decay")
      .Attr<ffi::Span<const float>>("share")
      .Attr<float>("epsilon")
      .Arg<Scalar>();
}

}  // namespace
}  // namespace tenfold

#pragma GCC visibility push(default)

XLA_FFI_DEFINE_HANDLER_SYMBOL(TenfoldOptimizerStep, tenfold::Step,
                              tenfold::bind_step().Arg<tenfold::Values>().RemainingArgs().RemainingRets());

XLA_FFI_DEFINE_HANDLER_SYMBOL(
    TenfoldDenseStep, tenfold::DenseStep,
    tenfold::bind_step().Arg<tenfold::Rows>().Arg<tenfold::Rows>().Arg<tenfold::Rows>().RemainingArgs().RemainingRets());

#pragma GCC visibility pop
