"""Labels that stand in the names of picture files: cat.0.jpg shows a cat."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tenfold.data.class_names import differ_in_case, name, natural_order, shortened
from tenfold.errors import DataError
from tenfold.files import printable

_LABELLED = re.compile(r"(?P<label>.+?)[-._ ]+\(?[0-9]+(?![0-9A-Za-z])")


def label_in_name(file_name: str) -> str | None:
    """What stands before the first number that ., _, - or a space sets off: "7" in 7_0001.png; None without one.

    golden_retriever_12.jpg shows a golden_retriever; 0001.png, cat12.png and cat.png have no label.
    """
    match = _LABELLED.match(Path(file_name).stem)
    label = name(printable(match["label"])).rstrip("-._ ") if match else ""
    return label or None


def labels_from_names(paths: Sequence[Path], folder: Path, at_least: int = 2) -> list[str]:
    """The label of each picture, from its file's name.

    Args:
        paths: The pictures.
        folder: What to call them in messages.
        at_least: How many pictures of each label are expected; where labels are rarer, the names mean something else.

    Raises:
        DataError: A name has no label, a label is too rare, or labels differ only in upper and lower case.
    """
    labels = [label_in_name(path.name) for path in paths]
    example = "expected names such as cat.0.jpg, cat_12.png or 7_0001.png"
    if None in labels:
        without = [printable(path.name) for path, label in zip(paths, labels, strict=True) if label is None]
        raise DataError(
            f"{folder}: {len(without):,} of {len(paths):,} pictures have no label in their names, such as "
            f"{without[0]}; {example}. Rename or remove them, or sort the pictures into a folder for each class."
        )
    found = [label for label in labels if label is not None]
    if problem := _problem(found, at_least):
        raise DataError(f"{folder}: {problem}; {example}. Rename them, or sort the pictures into class folders.")
    return found


def offer(paths: Sequence[Path]) -> str:
    """A sentence that says how to take the labels from the names of these files; "" if they have none."""
    labels = [label_in_name(path.name) for path in paths]
    found = [label for label in labels if label is not None]
    if not found or len(found) < len(labels) or _problem(found, at_least=2) or len(set(found)) < 2:
        return ""
    classes = shortened(sorted(set(found), key=natural_order))
    return f" The names of the files seem to hold labels ({classes}): to use them, add --label-from-name."


def _problem(labels: Sequence[str], at_least: int) -> str:
    counts = Counter(labels)
    if min(counts.values()) < at_least:
        listed = shortened([f"{label} ({count:,})" for label, count in counts.most_common()])
        return f"the names of its pictures give labels that only one picture has: {listed}"
    if alike := differ_in_case(counts):
        return f"the names of its pictures give labels that differ in upper and lower case only: {shortened(alike)}"
    return ""
