"""One self-contained page about one run: its numbers, its pictures and how to go on."""

import base64
import json
import shlex
import struct
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from tenfold.evaluation.metrics import Metrics
from tenfold.evaluation.wording import percent
from tenfold.record import RunRecord

# Figures have 150 dots to the inch, a browser counts 96.
_FIGURE_SCALE = 96 / 150


class Mistake(NamedTuple):
    """A wrong prediction.

    Args:
        image: Its file, or its position among the test images.
        true: Its class.
        predicted: What it was taken for.
        probability: Of that, as `predict` states it.
        accepted: Whether `predict` gives that label; else the image is none of the classes to it.
    """

    image: str
    true: str
    predicted: str
    probability: float
    accepted: bool


def render_report(
    *,
    record: RunRecord,
    metrics: Metrics,
    history: Sequence[Mapping[str, Any]],
    recipe_toml: str,
    figures: Mapping[str, bytes],
    mistakes: Sequence[Mistake] = (),
) -> str:
    """Write the report of a run as an HTML page that needs nothing else: no network, no scripts, no files.

    Args:
        record: The run's.
        metrics: Of the final evaluation on the test set.
        history: A row for each epoch: epoch, learning_rate, loss, accuracy, and perhaps seconds, val_loss and
            val_accuracy.
        recipe_toml: The resolved recipe.
        figures: PNG files by the name of the figure, such as "confusion_matrix"; one that is missing is left
            out.
        mistakes: The wrong predictions that the page names, the most confident first.

    Returns:
        The page. The same arguments give the same page.
    """
    recipe = tomllib.loads(recipe_toml)
    return (
        _environment()
        .get_template("report.html.jinja")
        .render(
            run=record,
            metrics=metrics,
            digits=1 if metrics.count < 1000 else 2,
            columns=_history_columns(history),
            history=[{"val_loss": None, "val_accuracy": None, **row} for row in history],
            epoch_seconds=record.seconds.epochs if len(record.seconds.epochs) == len(history) else [],
            recipe_toml=recipe_toml.strip(),
            recipe={"data": None, **recipe},
            watches_test_set=recipe["training"].get("watch_test_set", False),
            figures={name: _figure(content) for name, content in figures.items()},
            mistakes=mistakes,
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("tenfold.report", "templates"),
        autoescape=True,
        # A misspelt name in the template fails here instead of leaving a gap in the page.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        percent=_percent,
        stated=percent,
        count="{:,}".format,
        duration=_duration,
        moment=_moment,
        shell=shlex.quote,
        python=_python,
    )
    return environment


def _history_columns(history: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Headings of the optional columns that at least one epoch has."""
    headings = {"val_loss": "validation loss", "val_accuracy": "validation accuracy"}
    return {key: text for key, text in headings.items() if any(row.get(key) is not None for row in history)}


def _figure(png: bytes) -> dict[str, Any]:
    """What an img element needs; the size lets the browser lay the page out before it decodes the picture."""
    width, height = struct.unpack(">II", png[16:24])
    return {
        "source": "data:image/png;base64," + base64.b64encode(png).decode("ascii"),
        "width": round(width * _FIGURE_SCALE),
        "height": round(height * _FIGURE_SCALE),
    }


def _percent(share: float | None, digits: int = 1) -> str:
    """A share from 0 to 1 as per cent, never rounded up to 100 or down to 0; a dash where there is none."""
    if share is None:
        return "–"
    step = 10.0**-digits
    value = 100 * share
    if 0 < value < 100:
        value = min(max(value, step), 100 - step)
    return f"{value:.{digits}f}\u00a0%"


def _duration(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f}\u00a0s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}\u00a0h {minutes}\u00a0min" if hours else f"{minutes}\u00a0min {rest}\u00a0s"


def _python(text: str) -> str:
    """A string literal with double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _moment(iso_time: str) -> str:
    return datetime.fromisoformat(iso_time).strftime("%Y-%m-%d %H:%M %Z").strip()
