import dataclasses
import shutil

import numpy as np
import pytest

from tenfold.data import catalog
from tenfold.data.catalog import CATALOG, CatalogEntry, load_catalog_entry
from tenfold.errors import DataError


@pytest.mark.parametrize("name", CATALOG)
def test_embedded_data_is_complete(name):
    dataset = load_catalog_entry(CATALOG[name])
    assert dataset.train.images.shape == (60_000, 28, 28, 1)
    assert dataset.test.images.shape == (10_000, 28, 28, 1)
    assert len(dataset.class_names) == 10
    assert np.bincount(dataset.test.labels).min() > 800
    assert (CATALOG[name].folder / "LICENSE").stat().st_size > 100


def test_first_labels_are_the_well_known_ones():
    assert load_catalog_entry(CATALOG["mnist"]).train.labels[:5].tolist() == [5, 0, 4, 1, 9]
    fashion = load_catalog_entry(CATALOG["fashion-mnist"])
    assert [fashion.class_names[label] for label in fashion.test.labels[:3]] == ["Ankle boot", "Pullover", "Trouser"]


@pytest.fixture
def copied_entry(tmp_path, monkeypatch) -> CatalogEntry:
    """MNIST's files in a folder that may be damaged."""
    entry = CATALOG["mnist"]
    folder = shutil.copytree(entry.folder, tmp_path / "mnist")
    monkeypatch.setattr(catalog.CatalogEntry, "folder", property(lambda self: folder))
    return entry


@pytest.mark.parametrize("position", [0, 2, 9, 20, 100_000, -6, -1])
def test_a_flipped_byte_is_detected_and_named(copied_entry, position):
    path = copied_entry.folder / "t10k-images-idx3-ubyte.gz"
    content = bytearray(path.read_bytes())
    content[position] ^= 0x40
    path.write_bytes(content)
    if position == 9:  # the operating system in gzip's header: no content
        assert len(load_catalog_entry(copied_entry).test) == 10_000
        return
    with pytest.raises(DataError, match=r"t10k-images-idx3-ubyte\.gz"):
        load_catalog_entry(copied_entry)


def test_intact_files_of_other_content_are_detected(copied_entry):
    folder = copied_entry.folder
    shutil.copy(folder / "t10k-labels-idx1-ubyte.gz", folder / "train-labels-idx1-ubyte.gz")
    with pytest.raises(DataError, match=r"train-labels.*the content is damaged \(SHA-256 .*Reinstall tenfold"):
        load_catalog_entry(copied_entry)


def test_a_missing_file_is_named(copied_entry):
    (copied_entry.folder / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(DataError, match=r"train-labels-idx1-ubyte\.gz: cannot be read"):
        load_catalog_entry(copied_entry)


def test_entries_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        CATALOG["mnist"].name = "other"
