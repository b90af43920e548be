"""The native library: finding it, choosing its instruction set, making it known to XLA.

It is built from `native/` when Tenfold is installed, if a C++ compiler is there. Without it everything runs on the
pure-JAX twins of the same blocks. The environment variable TENFOLD_KERNELS chooses: `none` for the twins, or the name
of an instruction set; by default it is the widest that the processor has. TENFOLD_KERNELS_LIBRARY names another file
to load.
"""

import ctypes
import hashlib
import os
import sys
from functools import cache
from pathlib import Path

import jax

import tenfold.kernels
from tenfold.errors import KernelError

INSTRUCTION_SETS = ("avx512", "avx2", "plain")
"""Widest first; `plain` is the compiler's default for the processor's family: SSE2, or NEON."""

_FILE_NAME = {"win32": "tenfold_kernels.dll", "darwin": "libtenfold_kernels.dylib"}.get(
    sys.platform, "libtenfold_kernels.so"
)
_HANDLERS = {
    "conv_forward": "TenfoldConvForward",
    "conv_backward": "TenfoldConvBackward",
    "dense_forward": "TenfoldDenseForward",
    "dense_input_gradient": "TenfoldDenseInputGradient",
    "dense_kernel_gradient": "TenfoldDenseKernelGradient",
    "dense_step": "TenfoldDenseStep",
    "dropout": "TenfoldDropout",
    "norm_forward": "TenfoldNormForward",
    "norm_backward": "TenfoldNormBackward",
    "optimizer_step": "TenfoldOptimizerStep",
    "resample": "TenfoldResample",
}


def available() -> bool:
    """Whether blocks run natively in this process."""
    return _library() is not None


def instruction_set() -> str | None:
    """The chosen instruction set; None without the library."""
    library = _library()
    return None if library is None else str(library.TenfoldInstructionSet(), "ascii")


def supported_instruction_sets() -> list[str]:
    """Those that this processor has, widest first; none without the library."""
    library = _library()
    return [name for name in INSTRUCTION_SETS if library and library.TenfoldHasInstructionSet(name.encode())]


def choose_instruction_set(name: str) -> None:
    """Use another instruction set from now on. No program that calls a kernel may be running.

    Args:
        name: One of `INSTRUCTION_SETS`.

    Raises:
        KernelError: There is no such set, or this processor does not have it.
    """
    library = _library()
    if library is None or not library.TenfoldChooseInstructionSet(name.encode()):
        raise KernelError(
            f"The instruction set {name!r} is not available here. TENFOLD_KERNELS can be none, or one of "
            f"{', '.join(INSTRUCTION_SETS)} if the library was built and the processor has it; or leave it unset."
        )


def target(handler: str) -> str:
    """The name by which a compiled program calls a handler.

    It holds a digest of the library, so that a program from a compilation cache never meets another version of it.
    """
    return f"tenfold_{handler}_{_digest()}"


@cache
def _library() -> ctypes.CDLL | None:
    wanted = os.environ.get("TENFOLD_KERNELS")
    if wanted not in (None, "", "none", *INSTRUCTION_SETS):
        raise KernelError(_not_available(wanted))
    path = library_path()
    if wanted == "none" or path is None:
        return None
    try:
        library = ctypes.CDLL(str(path))
    except OSError as error:
        raise KernelError(
            f"The native kernels cannot be loaded ({error}). Install Tenfold on this machine, so that they are built "
            "for it; or set TENFOLD_KERNELS=none to do without them."
        ) from error
    library.TenfoldInstructionSet.restype = ctypes.c_char_p
    library.TenfoldHasInstructionSet.argtypes = [ctypes.c_char_p]
    library.TenfoldChooseInstructionSet.argtypes = [ctypes.c_char_p]
    for handler, symbol in _HANDLERS.items():
        capsule = jax.ffi.pycapsule(getattr(library, symbol))  # type: ignore[no-untyped-call]
        jax.ffi.register_ffi_target(target(handler), capsule, platform="cpu")
    chosen = [name for name in INSTRUCTION_SETS if wanted in (None, "", name)]
    if not any(library.TenfoldChooseInstructionSet(name.encode()) for name in chosen):
        raise KernelError(_not_available(wanted))
    return library


def _not_available(wanted: str | None) -> str:
    return (
        f"TENFOLD_KERNELS is {wanted!r}; expected none, or an instruction set that this processor has, of "
        f"{', '.join(INSTRUCTION_SETS)}. Leave it unset to take the best."
    )


def library_path() -> Path | None:
    """Where the library lies; None in a pure install.

    An editable install has two folders for this package: the sources' and that of what was built.
    """
    if named := os.environ.get("TENFOLD_KERNELS_LIBRARY"):
        return Path(named)
    candidates = (Path(folder) / _FILE_NAME for folder in tenfold.kernels.__path__)
    return next((path for path in candidates if path.is_file()), None)


@cache
def _digest() -> str:
    path = library_path()
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path else "none"
