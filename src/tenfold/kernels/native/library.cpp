// What Python asks the library itself: which instruction sets there are, and which is used.

#include "instruction_sets.h"

#pragma GCC visibility push(default)

extern "C" const char* TenfoldInstructionSet() { return tenfold::kernels().name; }

extern "C" int TenfoldHasInstructionSet(const char* name) { return tenfold::find_kernels(name) != nullptr; }

// Whether this processor has the instruction set; if so, it is used from now on.
extern "C" int TenfoldChooseInstructionSet(const char* name) {
  const tenfold::Kernels* found = tenfold::find_kernels(name);
  if (found) tenfold::chosen_kernels = found;
  return found != nullptr;
}

#pragma GCC visibility pop
