"""How well pictures of handwriting are read: from the picture through `tenfold.read_picture` to the text.

    python -m benchmarks.handwriting --seed 1000 --count 500

Tried are MNIST's own test images (which are to keep their labels), scikit-learn's 8×8 digits, 2,000 of MNIST's test
images corrupted in fifteen ways (`corruptions.py`), its digits 0, 1 and 7 with the strokes that other hands add
(`tenfold.photo.habits`), photos simulated by `simulated_photos.py`: single digits, rows of 4 to 8, and rows whose
digits touch one another; and Fashion-MNIST's clothes, each of which is to be rejected. What is read wrongly is
counted as an error of segmentation if the number of characters is wrong, else as one of the network; a character that
is rejected is read wrongly, and "right_at_most_probable" counts its most probable class instead. Seeds below 1000
were used while the steps were being made; published figures come from others.
"""

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image as PillowImage
from sklearn.datasets import load_digits

import tenfold
from benchmarks.corruptions import CORRUPTIONS, corrupt
from benchmarks.simulated_photos import APART, TOUCHING, simulate
from tenfold.classifier.classifier import default_model_path
from tenfold.data.load import load_dataset
from tenfold.evaluation.metrics import wilson_interval
from tenfold.photo.habits import HABITS
from tenfold.photo.reader import Reader
from tenfold.photo.reading import UNKNOWN
from tenfold.run.provenance import machine, versions

RESULTS = Path(__file__).parent / "results" / "handwriting.json"

EVERY = 5
"""Of the images that are corrupted, or none of the classes, one in so many is taken: all would take an hour."""

_BICUBIC = PillowImage.Resampling.BICUBIC

Case = tuple[PillowImage.Image, str, str]
"""A picture, what is written on it, and of which kind it is."""


def mnist_digits() -> Iterator[Case]:
    """MNIST's test images, as they are."""
    test = load_dataset("mnist").test
    for image, label in zip(test.images[..., 0], test.labels, strict=True):
        yield PillowImage.fromarray(image), str(label), "mnist"


def small_digits() -> Iterator[Case]:
    """scikit-learn's digits, each a picture of 8×8 pixels in 17 levels of grey."""
    digits = load_digits()
    for image, label in zip(digits.images, digits.target, strict=True):
        yield PillowImage.fromarray(np.uint8(np.minimum(image * 16, 255))), str(label), "digits"


def corrupted_digits(seed: int) -> Iterator[Case]:
    """Some of MNIST's test images, each corrupted in fifteen ways."""
    test = load_dataset("mnist").test
    test = test.take(np.arange(0, len(test), EVERY))
    for name in CORRUPTIONS:
        for image, label in zip(corrupt(test.images, name, seed)[..., 0], test.labels, strict=True):
            yield PillowImage.fromarray(image), str(label), name


def other_forms(seed: int) -> Iterator[Case]:
    """MNIST's test images of digits that are formed otherwise elsewhere: with a slash, an upstroke, a bar."""
    test, random = load_dataset("mnist").test, np.random.default_rng(seed)
    for image, label in zip(test.images[..., 0], test.labels, strict=True):
        if str(label) in HABITS:
            large = PillowImage.fromarray(image).resize((4 * image.shape[1], 4 * image.shape[0]), _BICUBIC)
            _, changed = HABITS[str(label)]
            ink = np.asarray(np.asarray(large) / 255, np.float32)
            formed = changed(ink, random)
            if formed is not ink:
                yield PillowImage.fromarray(np.uint8(np.rint(255 * formed))), str(label), str(label)


def clothes() -> Iterator[Case]:
    """Fashion-MNIST's test images, which are none of the classes."""
    for image in load_dataset("fashion-mnist").test.images[::EVERY, ..., 0]:
        yield PillowImage.fromarray(image), UNKNOWN, "clothes"


def photos(count: int, seed: int, shortest: int, longest: int, gaps: tuple[float, float] = APART) -> Iterator[Case]:
    """Simulated photos of rows of digits of MNIST's test set."""
    test, random = load_dataset("mnist").test, np.random.default_rng(seed)
    for _ in range(count):
        length = int(random.integers(shortest, longest + 1))
        photo = simulate(test.images[..., 0], test.labels, length, random, gaps)
        yield photo.picture, photo.text, photo.kind


def measure(reader: Reader, cases: Iterable[Case], save_wrong: Path | None) -> dict[str, Any]:
    """Read pictures, and count what is wrong with which kind of picture."""
    right, most_probable, seconds = 0, 0, 0.0
    segmentation, network = Counter[str](), Counter[str]()
    for number, (picture, text, kind) in enumerate(cases):
        started = time.perf_counter()
        reading = reader.read_pictures([picture])[0]
        seconds += time.perf_counter() - started
        found = reading.text
        right += found == text
        most_probable += "".join(character.top[0][0] for character in reading.characters) == text
        if found != text:
            (network if len(found) == len(text) else segmentation)[kind] += 1
            if save_wrong:
                picture.save(save_wrong / f"{number:04}-{text}-as-{found.replace(chr(10), '_')}.png")
    count = right + segmentation.total() + network.total()
    return {
        "right": right / count,
        "right_at_most_probable": most_probable / count,
        "count": count,
        "interval": wilson_interval(right, count),
        "errors_of_segmentation": segmentation.total(),
        "errors_of_network": network.total(),
        "segmentation_by_kind": dict(segmentation.most_common()),
        "network_by_kind": dict(network.most_common()),
        "milliseconds_each": round(1000 * seconds / count, 2),
    }


def main() -> None:
    """Measure the parts that are named, or all, and write down the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "parts", nargs="*", help="mnist, digits, corruptions, forms, singles, rows, touching, clothes; none means all"
    )
    parser.add_argument("--model", type=Path, default=default_model_path(), help="figures of another are only printed")
    parser.add_argument("--seed", type=int, default=1000)
    parser.add_argument("--count", type=int, default=500, help="of the simulated photos of each sort")
    parser.add_argument("--save-wrong", type=Path, help="a folder for the simulated photos that are read wrongly")
    arguments = parser.parse_args()
    count, seed = arguments.count, arguments.seed
    cases = {
        "mnist": mnist_digits(),
        "digits": small_digits(),
        "corruptions": corrupted_digits(seed + 3),
        "forms": other_forms(seed + 4),
        "singles": photos(count, seed, 1, 1),
        "rows": photos(count, seed + 1, 4, 8),
        "touching": photos(count, seed + 2, 4, 8, TOUCHING),
        "clothes": clothes(),
    }
    if unknown := set(arguments.parts) - set(cases):
        parser.error(f"no part {', '.join(sorted(unknown))}; parts: {', '.join(cases)}")
    reader, results = tenfold.load_classifier(arguments.model), {}
    for part in arguments.parts or cases:
        folder = arguments.save_wrong / part if arguments.save_wrong else None
        if folder:
            folder.mkdir(parents=True)
        results[part] = measure(reader, cases[part], folder)
        print(part, json.dumps(results[part]), flush=True)
    # What is published is of the shipped model, all parts, photos and all.
    if arguments == parser.parse_args([]):
        about = {"seed": seed, "recipe": reader.metadata.recipe, "tenfold": tenfold.__version__}
        about |= {"versions": versions(), "machine": machine(), "date": date.today().isoformat()}
        RESULTS.write_text(json.dumps(results | about, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
