"""What a run says about itself in run.json."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tenfold
from tenfold.files import printable
from tenfold.run.plan import Plan
from tenfold.run.provenance import machine, peak_memory_bytes, versions
from tenfold.run.run_folder import RunFolder

if TYPE_CHECKING:
    from tenfold.evaluation.metrics import Metrics
    from tenfold.run.learning import Learned


def run_document(
    plan: Plan, folder: RunFolder, learned: "Learned", status: str, metrics: "Metrics | None" = None
) -> dict[str, Any]:
    """The content of run.json; `status` is finished, trained (not evaluated), interrupted or diverged."""
    dataset, calibration = plan.dataset, learned.calibration
    return {
        "tenfold": tenfold.__version__,
        "name": folder.path.name,
        "status": status,
        "recipe": plan.recipe.name,
        "parameters": learned.model.count_params(),
        "networks": learned.networks,
        "data": {
            "name": dataset.name,
            "fingerprint": dataset.fingerprint,
            "classes": list(dataset.class_names),
            "image_shape": list(dataset.image_shape),
            "train": len(plan.train),
            "strangers": plan.images_per_epoch - len(plan.train),
            "validation": len(plan.validation) if plan.validation else 0,
            "validation_is_test_set": plan.recipe.training.watch_test_set,
            "test": len(dataset.test),
            "notes": list(dataset.notes),
            "warnings": list(dataset.warnings),
        },
        "onnx_difference": learned.onnx_difference,
        "calibration": {
            "temperature": calibration.temperature,
            "rejection_threshold": calibration.rejection_threshold,
            "threshold_from": calibration.threshold_from,
            "expected_calibration_error": metrics and metrics.expected_calibration_error,
            "rejected_test_images": metrics and metrics.rejected_share,
        },
        "seed": plan.recipe.training.seed,
        "command": _command(plan, folder),
        "started": plan.started.isoformat(timespec="seconds"),
        "predicted_seconds": plan.predicted_seconds,
        "time_limit_notes": list(plan.time_limit_notes),
        "seconds": {**plan.watch.seconds, "total": plan.watch.total(), "epochs": learned.log.seconds},
        "versions": versions(),
        "machine": machine(),
        "peak_memory_bytes": peak_memory_bytes(),
    }


def _command(plan: Plan, folder: RunFolder) -> str:
    """What the user typed; from Python, the command that does the same."""
    if Path(sys.argv[0]).stem == "tenfold":
        return shlex.join(["tenfold", *map(printable, sys.argv[1:])])
    return shlex.join(["tenfold", "train", plan.recipe.data or "DATA", "--recipe", str(folder.recipe)])
