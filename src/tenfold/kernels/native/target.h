// Names for the functions of the instruction set that a file is compiled for; TENFOLD_TARGET is its name.

#pragma once

#define TENFOLD_JOIN_NAMES(a, b) a##_##b
#define TENFOLD_JOIN(a, b) TENFOLD_JOIN_NAMES(a, b)
// conv_kernels → conv_kernels_avx2
#define TENFOLD_TABLE(name) TENFOLD_JOIN(name, TENFOLD_TARGET)
