"""The one place that imports ONNX Runtime, so that it sends nothing to anybody.

Use `from tenfold.onnx_runtime import onnxruntime`.

From 1.29 on, its wheels for Linux and macOS send usage data to Microsoft and keep a device identifier below the user's
cache folder, unless ORT_DISABLE_TELEMETRY is 1 when the library is loaded. Those for Windows write trace events, which
the system may send, until they are told to stop. The variable keeps the value that a user has given it.
"""

import os

if not os.environ.get("ORT_DISABLE_TELEMETRY"):
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"

import onnxruntime

__all__ = ["onnxruntime", "telemetry_is_off"]


def telemetry_is_off() -> bool:
    """Whether ONNX Runtime was asked to send nothing."""
    return os.environ["ORT_DISABLE_TELEMETRY"].strip().lower() in ("1", "true", "yes", "on", "y")


if telemetry_is_off():
    onnxruntime.disable_telemetry_events()
