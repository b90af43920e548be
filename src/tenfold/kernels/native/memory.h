// Working memory of the threads.

#pragma once

#include <cstddef>
#include <memory>
#include <vector>

namespace tenfold {

// Memory that a thread keeps for its next call: asking the system anew each time costs more than a small layer. It
// begins with a cache line, for vectors that lie across two of them are twice as slow.
enum Purpose { kScratch, kSums, kPaddedImages, kPaddedGradients, kShared, kPurposes };

constexpr size_t kLineFloats = 16;

inline float* memory(Purpose purpose, size_t floats) {
  thread_local std::vector<float> kept[kPurposes];
  if (kept[purpose].size() < floats + kLineFloats) kept[purpose].resize(floats + kLineFloats);
  void* start = kept[purpose].data();
  size_t space = kept[purpose].size() * sizeof(float);
  return static_cast<float*>(std::align(kLineFloats * sizeof(float), floats * sizeof(float), start, space));
}

inline size_t whole_lines(size_t floats) { return (floats + kLineFloats - 1) / kLineFloats * kLineFloats; }

}  // namespace tenfold
