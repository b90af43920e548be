"""What a run says about itself: in run.json, and inside its model."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import tenfold
from tenfold.classifier.metadata import Metadata, polarity
from tenfold.evaluation.metrics import Metrics
from tenfold.run.plan import Plan
from tenfold.run.provenance import machine, peak_memory_bytes, versions
from tenfold.run.run_folder import RunFolder

if TYPE_CHECKING:
    from tenfold.run.learning import Learned


def model_metadata(plan: Plan, metrics: Metrics | None) -> Metadata:
    """What the ONNX model carries; `metrics` are those of the final evaluation, once there are any."""
    dataset = plan.dataset
    return Metadata(
        class_names=dataset.class_names,
        image_shape=dataset.image_shape,
        polarity=polarity(plan.train.images),
        recipe=plan.recipe.name,
        accuracy=metrics.accuracy if metrics else None,
        test_count=metrics.count if metrics else 0,
        data=dataset.name,
        data_fingerprint=dataset.fingerprint,
        tenfold_version=tenfold.__version__,
    )


def run_document(
    plan: Plan, folder: RunFolder, learned: "Learned", status: str, difference: float | None = None
) -> dict[str, Any]:
    """The content of run.json; `status` is finished, trained (not evaluated), interrupted or diverged."""
    dataset = plan.dataset
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
            "validation": len(plan.validation) if plan.validation else 0,
            "validation_is_test_set": plan.recipe.training.watch_test_set,
            "test": len(dataset.test),
            "notes": list(dataset.notes),
        },
        "onnx_difference": difference,
        "seed": plan.recipe.training.seed,
        "command": _command(plan, folder),
        "started": plan.started.isoformat(timespec="seconds"),
        "predicted_seconds": plan.predicted_seconds,
        "seconds": {**plan.watch.seconds, "total": plan.watch.total(), "epochs": learned.log.seconds},
        "versions": versions(),
        "machine": machine(),
        "peak_memory_bytes": peak_memory_bytes(),
    }


def _command(plan: Plan, folder: RunFolder) -> str:
    """What the user typed; from Python, the command that does the same."""
    if Path(sys.argv[0]).stem == "tenfold":
        return shlex.join(["tenfold", *sys.argv[1:]])
    return shlex.join(["tenfold", "train", plan.recipe.data or "DATA", "--recipe", str(folder.recipe)])
