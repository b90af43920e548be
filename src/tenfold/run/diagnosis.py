"""Whether everything that Tenfold needs is there and works: what `tenfold doctor` shows."""

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Literal

import tenfold
from tenfold.errors import TenfoldError
from tenfold.run.provenance import available_cores

Status = Literal["ok", "note", "problem"]


@dataclass(frozen=True)
class Finding:
    """What was found at one place.

    Args:
        name: What was looked at.
        value: What was found.
        status: "ok", "note" (something could be better) or "problem" (it keeps Tenfold from working).
        advice: What to do; empty if all is well.
    """

    name: str
    value: str
    status: Status = "ok"
    advice: str = ""


def diagnose() -> Iterator[Finding]:
    """Look at everything in turn; what fails is a finding, not an exception.

    Takes some seconds, since it loads Keras and JAX and reads the embedded data.
    """
    for name, look in _LOOKS.items():
        try:
            yield from look(name)
        except TenfoldError as error:  # its message says what to do
            yield Finding(name, "does not work", "problem", str(error))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            yield Finding(name, "does not work", "problem", f"{reason}. Install tenfold again in a fresh environment.")


def _system(name: str) -> Iterator[Finding]:
    yield Finding("tenfold", tenfold.__version__)
    yield Finding("Python", f"{platform.python_version()} ({platform.python_implementation()})")
    yield Finding(name, f"{platform.system()} {platform.machine()}, {available_cores()} processor cores")


def _packages(name: str) -> Iterator[Finding]:
    """The packages that Tenfold's own metadata asks for."""
    from packaging.requirements import Requirement

    found, wrong = [], []
    for line in metadata.requires("tenfold") or ():
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(wanted.name)
        except metadata.PackageNotFoundError:
            version = "is missing"
        found.append(f"{wanted.name} {version}")
        if version == "is missing" or not wanted.specifier.contains(version, prereleases=True):
            wrong.append(f"'{wanted.name}{wanted.specifier}'")
    advice = f"Tenfold was not made for these versions: pip install {' '.join(wrong)}" if wrong else ""
    yield Finding(name, ", ".join(found), "problem" if wrong else "ok", advice)


def _backend(name: str) -> Iterator[Finding]:
    import jax

    from tenfold.keras_on_jax import keras

    sum_of_three = int(jax.jit(lambda x: x.sum())(jax.numpy.arange(3)))
    if sum_of_three != 3:
        raise ArithmeticError(f"JAX finds 0 + 1 + 2 = {sum_of_three}")
    yield Finding(name, f"Keras {keras.version()} on JAX {jax.__version__}, {jax.default_backend()}")


def _telemetry(name: str) -> Iterator[Finding]:
    from tenfold.onnx_runtime import telemetry_is_off

    if telemetry_is_off():
        yield Finding(name, "off: nothing leaves this machine")
    else:
        advice = "ONNX Runtime may send usage data to its makers. Unset ORT_DISABLE_TELEMETRY to change that."
        yield Finding(name, "on, as ORT_DISABLE_TELEMETRY says", "note", advice)


def _native_kernels(name: str) -> Iterator[Finding]:
    from tenfold.kernels import native

    if native.available():
        yield Finding(name, f"{native.instruction_set()}, of {', '.join(native.supported_instruction_sets())}")
    elif native.library_path():
        advice = "Convolutions train slower. Unset TENFOLD_KERNELS to change that."
        yield Finding(name, "switched off", "note", advice)
    else:
        advice = "Convolutions train slower. Install a C++ compiler, such as g++, then Tenfold again."
        yield Finding(name, "none: installed without a C++ compiler", "note", advice)


def _compile_cache(name: str) -> Iterator[Finding]:
    from tenfold.training.compile_cache import compile_cache_bytes, compile_cache_folder, compile_cache_problem

    folder = compile_cache_folder()
    if folder is None:
        advice = "Every start compiles anew. Unset TENFOLD_COMPILE_CACHE to change that."
        yield Finding(name, "off", "note", advice)
        return
    advice = compile_cache_problem(folder)
    size = f"{compile_cache_bytes(folder) / 1e6:.1f} MB"
    yield Finding(name, f"{folder}, {size}", "note" if advice else "ok", advice)


def _fonts(name: str) -> Iterator[Finding]:
    from tenfold.figures.fonts import font_families

    chinese = font_families()[1:]
    if chinese:
        yield Finding(name, chinese[0])
    else:
        advice = "Figures show numbers in place of Chinese class names. Install a font such as Noto Sans CJK."
        yield Finding(name, "none", "note", advice)


def _data(name: str) -> Iterator[Finding]:
    from tenfold.data.catalog import CATALOG, load_catalog_entry

    for entry in CATALOG.values():
        dataset = load_catalog_entry(entry)  # compares every file with its published checksum
        count = f"{len(dataset.train):,} + {len(dataset.test):,} images"
        yield Finding(f"{name} {entry.name}", f"complete, {count}")


def _model(name: str) -> Iterator[Finding]:
    from tenfold.classifier.classifier import default_model_path, load_onnx

    shipped = load_onnx(default_model_path())
    yield Finding(name, f"{shipped.metadata.data}, {shipped.metadata.recipe}")


# In the order of the table. A look at something new is a function here and a line below.
_LOOKS: dict[str, Callable[[str], Iterator[Finding]]] = {
    "system": _system,
    "packages": _packages,
    "backend": _backend,
    "telemetry": _telemetry,
    "native kernels": _native_kernels,
    "compile cache": _compile_cache,
    "Chinese font": _fonts,
    "data": _data,
    "model to predict with": _model,
}
