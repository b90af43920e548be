// Dropout for one instruction set: this file is compiled once for each, with TENFOLD_TARGET as its name.
//
// The random bits are those of jax.random.bits with its default, "partitionable" Threefry-2x32 (Salmon et al., Parallel
// random numbers: as easy as 1, 2, 3, 2011): the two words that the cipher makes of a value's place, combined by
// exclusive or. A value is kept if the first 23 of them, read as a fraction, lie below the share that is kept.

#include "dropout.h"

#include <cmath>

#include "target.h"
#include "vectors.h"

namespace {

using tenfold::DropoutRule;

typedef uint32_t Words __attribute__((vector_size(4 * kLanes)));

constexpr uint32_t kParity = 0x1BD11BDA;
constexpr int kRotations[2][4] = {{13, 15, 26, 6}, {17, 29, 16, 24}};

Words random_bits(const DropoutRule& rule, Words high, Words low) {
  const uint32_t keys[3] = {rule.key[0], rule.key[1], rule.key[0] ^ rule.key[1] ^ kParity};
  high += keys[0];
  low += keys[1];
#pragma GCC unroll 5
  for (int group = 0; group < 5; group++) {
#pragma GCC unroll 4
    for (int round = 0; round < 4; round++) {
      const int rotation = kRotations[group % 2][round];
      high += low;
      low = (low << rotation) | (low >> (32 - rotation));
      low ^= high;
    }
    high += keys[(group + 1) % 3];
    low += keys[(group + 2) % 3] + (group + 1);
  }
  return high ^ low;
}

void drop(const DropoutRule& rule, const float* inputs, size_t first, size_t count, float* outputs) {
  const uint32_t kept_below = static_cast<uint32_t>(std::ceil(std::ldexp(double(rule.keep), 23)));
  Words lane;
  for (int i = 0; i < kLanes; i++) lane[i] = i;
  for (size_t at = 0; at < count; at += kLanes) {
    const uint64_t place = first + at;
    const Words low = lane + static_cast<uint32_t>(place);
    // Where the lower word starts anew, the upper one has gone up by 1.
    const Words high = Words{} + static_cast<uint32_t>(place >> 32) + ((low < lane) & 1);
    const IntVector kept = (random_bits(rule, high, low) >> 9) < kept_below;
    const int lanes = count - at < size_t(kLanes) ? static_cast<int>(count - at) : kLanes;
    const Vector values = load_part(inputs + at, lanes) / broadcast(rule.keep);
    store_part(outputs + at, kept ? values : Vector{}, lanes);
  }
}

}  // namespace

namespace tenfold {

const DropoutKernels TENFOLD_TABLE(dropout_kernels) = {drop};

}  // namespace tenfold
