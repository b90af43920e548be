"""How well images of something else are told from the classes: `python -m benchmarks.rejection RUN… [--out FOLDER]`.

RUN is a run folder of a model that was trained on MNIST. Four scores are compared, each higher for stranger images: the
largest softmax (negative), the energy of the logits (Liu, Wang, Owens, Li, NeurIPS 2020), the distance from the tenth
nearest of 2,500 training images in the last hidden layer, of unit length (Sun, Ming, Zhu, Li, ICML 2022), and Tenfold's
own. The first three thresholds are set on 2,500 training images that the neighbours do not come from, as Tenfold's own
is where there are no validation images. `choice` has images of other seeds and of Fashion-MNIST's training part: the
score was chosen by it. `final` was looked at afterwards.

AUROC: the chance that a strange image has a higher score than one of MNIST's test images; 1 is best, 0.5 is guessing.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import onnx
from PIL import Image, ImageDraw, ImageFont
from sklearn.metrics import roc_auc_score

import tenfold
from tenfold.classifier.onnx_score import hidden_values
from tenfold.run.calibrate import rejection_threshold
from tenfold.run.provenance import machine, versions

RESULTS = Path(__file__).parent / "results" / "rejection"
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZabdefghjkmnpqrtuvwxyz"
"""Without those that are digits in some hands: I, O, S, c, i, l, o, s."""

COUNT = 2_000
_FITTED = 2_500

Array = np.ndarray[Any, np.dtype[Any]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    for run in options.runs:
        result = measure(run)
        options.out.mkdir(parents=True, exist_ok=True)
        path = options.out / f"{result['recipe']}.json"
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        print(path, json.dumps(result["final"], indent=1))


def measure(run: Path) -> dict[str, Any]:
    """Everything about one run."""
    mnist, fashion = tenfold.load_dataset("mnist"), tenfold.load_dataset("fashion-mnist")
    classifier, calibration = tenfold.load_classifier(run), tenfold.load_run(run).record.calibration
    assert calibration
    score_of, thresholds = scores(run / "model.onnx", mnist.train.images[: 2 * _FITTED])
    thresholds["tenfold"] = classifier.metadata.rejection_threshold
    known = score_of(mnist.test.images)
    parts = {
        "choice": strange_images(fashion.train.images[:10_000], seed=1),
        "final": strange_images(fashion.test.images, seed=0),
    }
    return {
        "recipe": classifier.metadata.recipe,
        "accuracy": classifier.metadata.accuracy,
        "threshold_from": calibration.threshold_from,
        "rejected_mnist_test_images": {name: share(known[name], thresholds[name]) for name in known},
        **{name: compare(known, thresholds, score_of, kinds) for name, kinds in parts.items()},
        "versions": versions(),
        "machine": machine(),
    }


def compare(
    known: dict[str, Array], thresholds: dict[str, Any], score_of: Callable[[Array], Any], kinds: dict[str, Array]
) -> dict[str, Any]:
    """AUROC and share rejected, by kind of image and by score."""
    found: dict[str, Any] = {}
    for kind, images in kinds.items():
        strange = score_of(images)
        found[kind] = {
            name: {
                "auroc": round(
                    float(
                        roc_auc_score(
                            np.repeat([0, 1], [len(known[name]), len(strange[name])]),
                            np.concatenate([known[name], strange[name]]),
                        )
                    ),
                    4,
                ),
                "rejected": share(strange[name], thresholds[name]),
            }
            for name in known
        }
    return found


def share(values: Array, threshold: float) -> float:
    return round(float((values > threshold).mean()), 4)


def scores(model: Path, training_images: Array) -> tuple[Callable[[Array], dict[str, Array]], dict[str, Any]]:
    """What gives all scores of images, and the thresholds of those that are not Tenfold's own."""
    proto = onnx.load(model)
    logits = next(node for node in proto.graph.node if node.op_type == "Softmax").input[0]
    classifier = tenfold.load_classifier(model)
    neighbours: list[Array] = []

    def score_of(images: Array) -> dict[str, Array]:
        values = outputs(proto, logits, images)
        directions = values["hidden"] / (np.linalg.norm(values["hidden"], axis=1, keepdims=True) + 1e-6)
        if not neighbours:
            neighbours.append(directions[:_FITTED])
        largest = values["logits"].max(axis=1)
        powers = np.exp(values["logits"] - largest[:, np.newaxis])
        nearest = -np.sort(-directions @ neighbours[0].T, axis=1)[:, 9]
        return {
            "largest softmax": -1 / powers.sum(axis=1),
            "energy": -largest - np.log(powers.sum(axis=1)),
            "tenth neighbour": -nearest,
            "tenfold": classifier.probabilities_and_scores(images)[1],
        }

    held_out = {name: values[_FITTED:] for name, values in score_of(training_images).items()}
    return score_of, {name: rejection_threshold(values) for name, values in held_out.items()}


def outputs(proto: onnx.ModelProto, logits: str, images: Array) -> dict[str, Array]:
    """The logits and the last hidden layer's values."""
    _, values = hidden_values(proto, images)
    name, hidden = next(iter(values.items()))
    nodes = {node.input[0]: node for node in proto.graph.node if node.op_type == "MatMul"}
    weights = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in proto.graph.initializer}
    bias = next(node for node in proto.graph.node if node.output[0] == logits).input[1]
    return {"hidden": hidden, "logits": hidden @ weights[nodes[name].input[1]] + weights[bias]}


def strange_images(fashion: Array, seed: int) -> dict[str, Array]:
    """uint8 [n, 28, 28, 1] of each kind."""
    return {
        "fashion": fashion,
        "letters": letters(seed),
        "textures": textures(seed),
        "noise": noise(seed),
        "blank": np.repeat(np.arange(256, dtype=np.uint8), 28 * 28).reshape(256, 28, 28, 1),
    }


def letters(seed: int) -> Array:
    """Letters of DejaVu's fonts, turned by up to ten degrees, in MNIST's form: 20 pixels, centred by mass."""
    random = np.random.default_rng(seed)
    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fonts = [
        ImageFont.truetype(str(path), 64) for path in sorted(folder.glob("DejaVu*.ttf")) if "Display" not in path.name
    ]
    images = []
    for _ in range(COUNT):
        image = Image.new("L", (160, 160))
        letter, font = LETTERS[random.integers(len(LETTERS))], fonts[random.integers(len(fonts))]
        ImageDraw.Draw(image).text((80, 80), letter, 255, font=font, anchor="mm")
        image = image.rotate(random.uniform(-10, 10), Image.Resampling.BICUBIC)
        images.append(in_form(image.crop(image.getbbox())))
    return np.stack(images)[..., np.newaxis]


def in_form(drawn: Image.Image) -> Array:
    """Light ink within 20×20 pixels, its centre of mass in the middle of 28×28."""
    scale = 20 / max(drawn.size)
    width, height = (max(1, round(side * scale)) for side in drawn.size)
    pixels = np.asarray(drawn.resize((width, height), Image.Resampling.BOX))
    mass = pixels.sum(dtype=float)
    down = (pixels.sum(axis=1) * (np.arange(height) + 0.5)).sum() / mass
    across = (pixels.sum(axis=0) * (np.arange(width) + 0.5)).sum() / mass
    top, left = np.clip(round(14 - down), 0, 28 - height), np.clip(round(14 - across), 0, 28 - width)
    image = np.zeros((28, 28), np.uint8)
    image[top : top + height, left : left + width] = pixels
    return image


def textures(seed: int) -> Array:
    """Waves of all directions and lengths, and smooth blotches."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:28, :28]
    images = []
    for number in range(COUNT):
        if number % 2:
            angle, length = random.uniform(0, np.pi), random.uniform(3, 20)
            phase = 2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / length + random.uniform(0, 6)
            images.append(np.uint8(127.5 + 127.5 * np.sin(phase)))
        else:
            coarse = Image.fromarray(random.integers(0, 256, (5, 5), dtype=np.uint8))
            images.append(np.asarray(coarse.resize((28, 28), Image.Resampling.BICUBIC)))
    return np.stack(images)[..., np.newaxis]


def noise(seed: int) -> Array:
    """Grey noise of any strength, and white specks on black."""
    random = np.random.default_rng(seed)
    grey = random.integers(0, 256, (COUNT // 2, 28, 28, 1)) * random.uniform(0.2, 1, (COUNT // 2, 1, 1, 1))
    specks = 255 * (random.random((COUNT // 2, 28, 28, 1)) < random.uniform(0.02, 0.5, (COUNT // 2, 1, 1, 1)))
    return np.concatenate([grey, specks]).astype(np.uint8)


if __name__ == "__main__":
    main()
