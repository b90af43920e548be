// Vectors of floats in the compiler's own notation, as wide as the instruction set that this file is compiled for.
//
// Everything here is static: the same file is compiled once for each instruction set, and no copy of a function may
// be shared between them.

#pragma once

namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
constexpr int kPanelVectors = 4;  // 32 registers: 6 × 4 sums, 4 weights, a value
#elif defined(__AVX2__)
constexpr int kLanes = 8;
constexpr int kPanelVectors = 2;  // 16 registers: 6 × 2 sums, 2 weights, a value
#elif defined(__aarch64__)
constexpr int kLanes = 4;
constexpr int kPanelVectors = 4;
#else
constexpr int kLanes = 4;
constexpr int kPanelVectors = 2;
#endif

typedef float Vector __attribute__((vector_size(4 * kLanes)));
typedef int IntVector __attribute__((vector_size(4 * kLanes)));

inline Vector load(const float* from) {
  Vector value;
  __builtin_memcpy(&value, from, sizeof value);
  return value;
}

inline void store(float* to, Vector value) { __builtin_memcpy(to, &value, sizeof value); }

// The first `lanes` floats, and zeros.
inline Vector load_part(const float* from, int lanes) {
  if (lanes >= kLanes) return load(from);
  Vector value = {};
  __builtin_memcpy(&value, from, lanes * sizeof(float));
  return value;
}

inline void store_part(float* to, Vector value, int lanes) {
  if (lanes >= kLanes) return store(to, value);
  __builtin_memcpy(to, &value, lanes * sizeof(float));
}

// Bytes to a vector and back, as loops: compilers turn these into one instruction, and __builtin_convertvector into many.
inline IntVector load_bytes(const unsigned char* from, int lanes) {
  int wide[kLanes] = {};
  if (lanes >= kLanes) {
    for (int lane = 0; lane < kLanes; lane++) wide[lane] = from[lane];
  } else {
    for (int lane = 0; lane < lanes; lane++) wide[lane] = from[lane];
  }
  IntVector value;
  __builtin_memcpy(&value, wide, sizeof value);
  return value;
}

inline void store_bytes(unsigned char* to, IntVector value, int lanes) {
  int wide[kLanes];
  __builtin_memcpy(wide, &value, sizeof value);
  unsigned char narrow[kLanes];
  for (int lane = 0; lane < kLanes; lane++) narrow[lane] = static_cast<unsigned char>(wide[lane]);
  __builtin_memcpy(to, narrow, lanes < kLanes ? lanes : kLanes);
}

inline Vector broadcast(float value) { return value - Vector{}; }

inline int smaller(int a, int b) { return a < b ? a : b; }

inline int vectors(int floats) { return (floats + kLanes - 1) / kLanes; }

}  // namespace
