"""The data sets that come with Tenfold: their files, checksums, class names and licences."""

import hashlib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np

from tenfold.data.dataset import Dataset, Split
from tenfold.data.idx import parse_idx, read_idx_bytes
from tenfold.errors import DataError


@dataclass(frozen=True)
class CatalogEntry:
    """An embedded data set; `sha256` maps each of its IDX files to the checksum of its unpacked content."""

    name: str
    description: str
    class_names: tuple[str, ...]
    licence: str
    sha256: dict[str, str]

    @property
    def folder(self) -> Path:
        """Where its files lie inside the package."""
        return Path(str(resources.files("tenfold.data") / "archives" / self.name))


def catalog_name(source: str) -> str:
    """A name as the catalogue has it: "Fashion_MNIST" is "fashion-mnist"."""
    return source.strip().lower().replace("_", "-")


CATALOG = {
    entry.name: entry
    for entry in (
        CatalogEntry(
            name="mnist",
            description="handwritten digits, 28×28 grey, 60,000 + 10,000 (LeCun, Cortes, Burges)",
            class_names=tuple("0123456789"),
            licence="CC BY-SA 3.0",
            sha256={
                "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            },
        ),
        CatalogEntry(
            name="fashion-mnist",
            description="photos of clothes, 28×28 grey, 60,000 + 10,000 (Zalando)",
            class_names=(
                *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
                *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
            ),
            licence="MIT",
            sha256={
                "train-images-idx3-ubyte": "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
                "train-labels-idx1-ubyte": "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
                "t10k-images-idx3-ubyte": "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
                "t10k-labels-idx1-ubyte": "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            },
        ),
    )
}


def load_catalog_entry(entry: CatalogEntry) -> Dataset:
    """Read an embedded data set and verify every byte of it.

    Raises:
        DataError: A file is missing or damaged, or its content is not the published one.
    """
    return Dataset(
        name=entry.name,
        train=_read_split(entry, "train"),
        test=_read_split(entry, "t10k"),
        class_names=entry.class_names,
    )


def _read_split(entry: CatalogEntry, part: str) -> Split:
    images = parse_idx(_verified(entry, f"{part}-images-idx3-ubyte"), f"{entry.name} images", dimensions=3)
    labels = parse_idx(_verified(entry, f"{part}-labels-idx1-ubyte"), f"{entry.name} labels", dimensions=1)
    return Split(images[..., np.newaxis], labels.astype(np.int32))


def _verified(entry: CatalogEntry, file_name: str) -> bytes:
    path = entry.folder / f"{file_name}.gz"
    content = read_idx_bytes(path)
    found, expected = hashlib.sha256(content).hexdigest(), entry.sha256[file_name]
    if found != expected:
        raise DataError(f"{path}: the content is damaged (SHA-256 {found}, published {expected}). Reinstall tenfold.")
    return content
