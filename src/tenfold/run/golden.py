"""Pictures with the answers that `predict` gives, to check a loader of one's own against them.

They lie beside model.onnx. Of models that take pictures whole, some are larger, turned by their camera data or
transparent: whoever decodes and resizes as Tenfold does gets the same answers.
"""

import io
import json
from typing import Any

import numpy as np
from PIL import Image as PillowImage

from tenfold.data.dataset import Dataset
from tenfold.figures.gallery import spread_over_classes
from tenfold.files import atomic_path, write_text
from tenfold.photo.reader import Reader, load_classifier
from tenfold.photo.small import is_in_mnist_form
from tenfold.run.run_folder import RunFolder
from tenfold.types import Image

_COUNT = 10
_TURNED_BY_90_DEGREES = 8
_ORIENTATION = 0x0112


def write_golden_pictures(folder: RunFolder, dataset: Dataset) -> None:
    """Write ten test images as picture files, and `answers.json` with what `predict` says of each."""
    reader = load_classifier(folder.onnx_model)
    folder.golden.mkdir(exist_ok=True)
    answers = []
    candidates = spread_over_classes(dataset.test.labels, 10 * _COUNT).tolist()
    if reader.reads_handwriting:  # only images that the network gets as they are
        images, polarity = dataset.test.images, reader.metadata.polarity
        candidates = [position for position in candidates if is_in_mnist_form(images[position], polarity)]
    for number, position in enumerate(candidates[:_COUNT]):
        ending, content = _picture(dataset.test.images[position], number, reader)
        path = folder.golden / f"{number:02}.{ending}"
        with atomic_path(path) as temporary:
            temporary.write_bytes(content)
        prediction = reader.predict(path)
        answers.append(
            {
                "file": path.name,
                "true_label": dataset.class_names[dataset.test.labels[position]],
                "label": prediction.label,
                "probability": round(prediction.probability, 6),
                "top": [[name, round(value, 6)] for name, value in prediction.top],
            }
        )
    lines = ",\n  ".join(json.dumps(answer, ensure_ascii=False) for answer in answers)
    write_text(folder.golden / "answers.json", f"[\n  {lines}\n]\n")


def _picture(image: Image, number: int, reader: Reader) -> tuple[str, bytes]:
    """The ending and the content of one file; from the seventh on, of another kind than the network's own images."""
    picture = PillowImage.fromarray(image[..., 0] if image.shape[2] == 1 else image)
    content, options, kind = io.BytesIO(), dict[str, Any](), "plain"
    if number >= 6 and not reader.reads_handwriting:
        kind = ("larger", "larger", "turned", "transparent")[number - 6]
    if kind == "larger":
        picture = picture.convert("RGB").resize((3 * picture.width, 2 * picture.height), PillowImage.Resampling.BICUBIC)
    elif kind == "turned":
        exif = PillowImage.Exif()
        exif[_ORIENTATION] = _TURNED_BY_90_DEGREES
        picture, options = picture.transpose(PillowImage.Transpose.ROTATE_270), {"exif": exif, "quality": 95}
    elif kind == "transparent":
        opacity = np.full(image.shape[:2], 255, np.uint8)
        opacity[: image.shape[0] // 4] = 0
        picture = picture.convert("RGB")
        picture.putalpha(PillowImage.fromarray(opacity))
    ending = "jpg" if kind == "turned" else "png"
    picture.save(content, "JPEG" if ending == "jpg" else "PNG", **options)
    return ending, content.getvalue()
