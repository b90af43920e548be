// One step of an optimiser over all values of a variable, in a single pass.

#pragma once

#include <cstddef>

namespace tenfold {

// What a step reads and writes. New values may lie where the old ones do.
struct OptimizerStep {
  const float* gradients;
  const float* weights;
  const float* slots[2];  // what the optimiser remembers of each weight
  float* new_weights;
  float* new_slots[2];
  float rate;
  float decay[2], share[2];  // of each slot: what stays, and how much of what is new comes in; together 1
  float epsilon;

  // The same for the values from `first` on; the gradients are where they are.
  OptimizerStep from(size_t first) const {
    OptimizerStep step = *this;
    step.weights += first;
    step.new_weights += first;
    for (int slot = 0; slot < 2 && slots[slot]; slot++) {
      step.slots[slot] += first;
      step.new_slots[slot] += first;
    }
    return step;
  }
};

// A step of the first `count` values.
using OptimizerRule = void (*)(const OptimizerStep&, size_t count);

// The functions of one instruction set. g is a gradient, w a weight; slots are m and v.
struct OptimizerKernels {
  OptimizerRule sgd;       // m ← decay₀ m − rate g;  w ← w + m
  OptimizerRule nesterov;  // m ← decay₀ m − rate g;  w ← w + decay₀ m − rate g
  OptimizerRule rmsprop;   // v ← decay₀ v + share₀ g²;  w ← w − rate g / √(v + ε)
  OptimizerRule adam;      // m ← m + share₀ (g − m);  v ← v + share₁ (g² − v);  w ← w − rate m / (√v + ε)
};

extern const OptimizerKernels optimizer_kernels_plain;
#if defined(__x86_64__)
extern const OptimizerKernels optimizer_kernels_avx2;
extern const OptimizerKernels optimizer_kernels_avx512;
#endif

}  // namespace tenfold
