import base64
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure

from tenfold.evaluation.metrics import Metrics, evaluate_predictions
from tenfold.figures.style import png_bytes
from tenfold.models.arithmetic import LayerArithmetic
from tenfold.record import NoteRecord, RunRecord
from tenfold.report.html_report import render_report

PICTURE = png_bytes(Figure(figsize=(4, 2)))

RECIPE = """\
name = "quick"
network = [{ layer = "Flatten" }, { layer = "Dense", units = "classes", activation = "softmax" }]
[compile]
optimizer = { name = "adam" }
[training]
epochs = 2
"""

LAYERS = [
    LayerArithmetic("flatten", "Flatten", (560,), 0, "–", 0),
    LayerArithmetic("dense", "Dense", (2,), 1122, "560 × 2 + 2 = 1,122", 1120),
]

RUN: dict[str, Any] = {
    "tenfold": "0.1.0",
    "name": "mnist-quick-1",
    "recipe": "quick",
    "status": "finished",
    "data": {
        "name": "mnist",
        "fingerprint": "abc123",
        "classes": ["a", "b"],
        "image_shape": [28, 20, 1],
        "train": 48000,
        "validation": 12000,
        "test": 1000,
    },
    "seed": 7,
    "command": "tenfold train mnist --epochs 2",
    "started": "2026-01-02T03:04:05+00:00",
    "network": {"parameters": 1122, "layers": LAYERS},
    "notes": [
        {"about": "data", "code": "resized", "template": "{count} images were resized", "parameters": {"count": 12}}
    ],
    "seconds": {"stages": {"training": 12.34}, "before_report": 75.0, "epochs": [1.5, 1.25]},
    "versions": {"python": "3.11.9", "keras": "3.15.1"},
    "machine": {"system": "Linux", "processor": "x86_64", "cores": 2},
    "peak_memory_bytes": 812_345_678,
}

HISTORY = [
    {
        "epoch": 1,
        "learning_rate": 0.001,
        "loss": 0.5,
        "accuracy": 0.8,
        "val_loss": 0.4,
        "val_accuracy": 0.85,
    },
    {
        "epoch": 2,
        "learning_rate": 0.0005,
        "loss": 0.3,
        "accuracy": 0.9,
        "val_loss": 0.35,
        "val_accuracy": 0.88,
    },
]


class _Page(HTMLParser):
    """What a browser would show, and what it would load."""

    void = frozenset({"meta", "img", "br"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.tags, self.loads, self.open = "", [], [], []
        self.feed(html)
        self.close()
        self.text = re.sub(r"\s+", " ", self.text)  # no-break spaces, too

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value for key, value in attrs if key in ("src", "href")]
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data if self.open[-1:] != ["style"] else ""


def _metrics(names: tuple[str, str] = ("a", "b"), wrong: int = 100) -> Metrics:
    probabilities = np.tile(np.float32([0.8, 0.2]), (1000, 1))
    labels = np.zeros(1000, np.int32)
    labels[:wrong] = 1
    return evaluate_predictions(probabilities, labels, names)


def _record(**changes: Any) -> RunRecord:
    content = {**RUN, **changes}
    return RunRecord(path=f"runs/{content['name']}", **content)


def _warning(about: str, text: str) -> NoteRecord:
    return NoteRecord(about=about, code="text", template="{text}", parameters={"text": text}, severity="warning")


def _render(**changes: Any) -> str:
    content: dict[str, Any] = {
        "record": _record(),
        "metrics": _metrics(),
        "history": HISTORY,
        "recipe_toml": RECIPE,
        "figures": {"confusion_matrix": PICTURE, "samples": PICTURE},
    }
    return render_report(**{**content, **changes})


def test_page_is_well_formed_and_loads_nothing() -> None:
    html = _render()
    page = _Page(html)
    assert page.open == []
    assert page.tags.count("img") == 2
    assert all(source.startswith("data:image/png;base64,") for source in page.loads)
    assert base64.b64decode(page.loads[0].partition(",")[2]) == PICTURE
    assert {"script", "link", "iframe"}.isdisjoint(page.tags)
    assert "url(" not in html
    # 600×300 dots at 150 to the inch.
    assert 'width="384" height="192"' in html


def test_warnings_stand_beside_the_accuracy() -> None:
    record = _record(notes=[_warning("data", "Copies <everywhere>."), _warning("result", "Nothing was learnt.")])
    headline = _render(record=record).partition('<div class="headline">')[2].partition("</div>")[0]
    assert "Warning: Copies &lt;everywhere&gt;.</p>" in headline
    assert "Warning: Nothing was learnt.</p>" in headline
    assert "Warning:" not in _render()


def test_page_says_what_the_run_found() -> None:
    text = _Page(_render()).text
    for words in (
        "90.00 %",
        "of the 1,000 test images were recognised (900 of them)",
        "95 % interval: 87.98 % to 91.71 %",
        "48,000 images for training, 12,000 for validation, 1,000 for the test; 28×20 pixels (height×width), grey",
        "12 images were resized",
        "1 min 15 s in total, of which 12.3 s training (2 epochs)",
        "560 × 2 + 2 = 1,122",
        "tenfold train mnist --epochs 2",
        "keras 3.15.1",
        "812 MB",
        "2026-01-02 03:04 UTC",
        'tenfold.load_classifier("runs/mnist-quick-1")',
        "tenfold predict photo.png --model runs/mnist-quick-1",
        'optimizer = { name = "adam" }',
    ):
        assert words in text


def test_calibration_and_rejection_are_told_where_they_were_measured() -> None:
    calibration = {
        "temperature": 1.25,
        "rejection_threshold": 2.5,
        "threshold_from": "training",
        "rejected_test_images": 0.0078,
    }
    html = _render(record=_record(calibration=calibration))
    assert "by a temperature of 1.25" in html
    assert "0.78" in html and "set on training images" in html
    assert "none of the classes" not in _render()


def test_what_is_accepted_stands_beside_the_accuracy() -> None:
    metrics = _metrics().model_copy(update={"accepted": 980, "correct_and_accepted": 890})
    text = " ".join(re.sub(r"<[^>]+>", " ", _render(metrics=metrics)).split())
    said = "89.00 % were recognised and accepted (890 images); 20 taken for none of the classes."
    assert said in text.replace("\u00a0", " ")
    assert "recognised and accepted" not in _render()


def test_tables_hold_history_pairs_and_classes() -> None:
    html = _render()
    rows = [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr.*?</tr>", html, re.DOTALL)]
    nbsp = "\u00a0"
    assert ["2", "1.2", "0.0005", "0.3000", f"90.00{nbsp}%", "0.3500", f"88.00{nbsp}%"] in rows
    assert ["b", "a", "100"] in rows
    assert ["a", "900", f"100.0{nbsp}%", f"90.0{nbsp}%", f"94.7{nbsp}%"] in rows
    # b was never predicted: no precision.
    assert ["b", "100", f"0.0{nbsp}%", "–", f"0.0{nbsp}%"] in rows


def test_watching_the_test_set_is_said() -> None:
    watched = _Page(_render(recipe_toml=RECIPE + "watch_test_set = true\n")).text
    assert "This recipe looks at the test set after each epoch" in watched
    assert "test accuracy" in watched
    assert "for validation" not in watched
    assert "This recipe looks at" not in _Page(_render()).text


def test_the_command_to_repeat_a_run_takes_its_recipe_and_overwrites_nothing() -> None:
    page = _Page(_render(recipe_toml='data = "my data"\n' + RECIPE, record=_record(command="tenfold train x --out y")))
    assert "tenfold train 'my data' --recipe runs/mnist-quick-1/recipe.toml" in page.text
    assert "tenfold train x --out y" in page.text
    assert "tenfold train DATA --recipe" in _Page(_render()).text


def test_names_are_text_not_markup() -> None:
    names = ("<script>alert(1)</script>", "“七” & 'b'")
    html = _render(metrics=_metrics(names), record=_record(name='<b>"x" y', command="tenfold train '<i>'"))
    page = _Page(html)
    assert "script" not in page.tags
    assert "<script>alert(1)</script>" in page.text
    assert "“七” & 'b'" in page.text
    assert """tenfold predict photo.png --model 'runs/<b>"x" y'""" in page.text
    assert 'load_classifier("runs/<b>\\"x\\" y")' in page.text


@pytest.mark.parametrize(
    "changes",
    [
        {"history": []},
        {"history": [{"epoch": 1, "learning_rate": 0.001, "loss": 0.5, "accuracy": 0.8}]},
        {"figures": {}},
        {"metrics": _metrics(wrong=0)},
        {"record": _record(peak_memory_bytes=None, seconds={"before_report": 1.0, "epochs": [0.4, 0.6]})},
    ],
)
def test_what_is_missing_is_left_out(changes: dict[str, Any]) -> None:
    page = _Page(_render(**changes))
    assert page.open == []
    assert "None" not in page.text
    assert "nan" not in page.text


def test_perfect_accuracy_alone_is_100_per_cent() -> None:
    assert "100.00 % of the 1,000 test images" in _Page(_render(metrics=_metrics(wrong=0))).text
    probabilities = np.tile(np.float32([0.8, 0.2]), (200_000, 1))
    labels = np.zeros(200_000, np.int32)
    labels[0] = 1
    almost = evaluate_predictions(probabilities, labels, ["a", "b"])
    assert "99.99 % of the 200,000 test images" in _Page(_render(metrics=almost)).text
