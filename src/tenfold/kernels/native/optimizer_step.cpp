// Optimiser steps for one instruction set: this file is compiled once for each, with TENFOLD_TARGET as its name.
//
// Each value is read and written once. The loops are plain; compilers turn them into vectors, having been told that
// they may read ahead: new values lie where the old ones do, or apart from them.

#include "optimizer_step.h"

#include <cmath>

#include "target.h"

namespace {

using tenfold::OptimizerStep;

void sgd(const OptimizerStep& step, size_t count) {
  const float *g = step.gradients, *w = step.weights, *m = step.slots[0];
  float *new_w = step.new_weights, *new_m = step.new_slots[0];
  const float rate = step.rate, decay = step.decay[0];
#pragma GCC ivdep
  for (size_t i = 0; i < count; i++) {
    const float moment = decay * m[i] - rate * g[i];
    new_w[i] = w[i] + moment;
    new_m[i] = moment;
  }
}

void nesterov(const OptimizerStep& step, size_t count) {
  const float *g = step.gradients, *w = step.weights, *m = step.slots[0];
  float *new_w = step.new_weights, *new_m = step.new_slots[0];
  const float rate = step.rate, decay = step.decay[0];
#pragma GCC ivdep
  for (size_t i = 0; i < count; i++) {
    const float moment = decay * m[i] - rate * g[i];
    new_w[i] = w[i] + (decay * moment - rate * g[i]);
    new_m[i] = moment;
  }
}

void rmsprop(const OptimizerStep& step, size_t count) {
  const float *g = step.gradients, *w = step.weights, *v = step.slots[0];
  float *new_w = step.new_weights, *new_v = step.new_slots[0];
  const float rate = step.rate, decay = step.decay[0], share = step.share[0], epsilon = step.epsilon;
#pragma GCC ivdep
  for (size_t i = 0; i < count; i++) {
    const float square = decay * v[i] + share * g[i] * g[i];
    new_w[i] = w[i] - rate * g[i] / std::sqrt(square + epsilon);
    new_v[i] = square;
  }
}

void adam(const OptimizerStep& step, size_t count) {
  const float *g = step.gradients, *w = step.weights, *m = step.slots[0], *v = step.slots[1];
  float *new_w = step.new_weights, *new_m = step.new_slots[0], *new_v = step.new_slots[1];
  const float rate = step.rate, epsilon = step.epsilon;
  const float m_share = step.share[0], v_share = step.share[1];
#pragma GCC ivdep
  for (size_t i = 0; i < count; i++) {
    const float moment = m[i] + (g[i] - m[i]) * m_share;
    const float square = v[i] + (g[i] * g[i] - v[i]) * v_share;
    new_w[i] = w[i] - rate * moment / (std::sqrt(square) + epsilon);
    new_m[i] = moment;
    new_v[i] = square;
  }
}

}  // namespace

namespace tenfold {

const OptimizerKernels TENFOLD_TABLE(optimizer_kernels) = {sgd, nesterov, rmsprop, adam};

}  // namespace tenfold
