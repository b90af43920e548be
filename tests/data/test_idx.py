import gzip

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from tenfold.data.idx import parse_idx, read_idx_bytes
from tenfold.errors import DataError


def idx_bytes(values: np.ndarray, kind: int = 8) -> bytes:
    sizes = b"".join(size.to_bytes(4, "big") for size in values.shape)
    return bytes([0, 0, kind, values.ndim]) + sizes + values.tobytes()


@given(arrays(np.uint8, array_shapes(min_dims=3, max_dims=3, max_side=5)))
def test_what_was_written_is_read(values):
    assert np.array_equal(parse_idx(idx_bytes(values), "a", 3), values)


@given(st.data())
def test_every_cut_and_every_surplus_is_noticed(data):
    content = idx_bytes(np.arange(24, dtype=np.uint8).reshape(2, 3, 4))
    cut = data.draw(st.integers(0, len(content) - 1))
    with pytest.raises(DataError, match=r"a:.*(truncated|no IDX file)"):
        parse_idx(content[:cut], "a", 3)
    with pytest.raises(DataError, match="too long"):
        parse_idx(content + b"\0" * data.draw(st.integers(1, 9)), "a", 3)


@pytest.mark.parametrize(
    ("content", "dimensions", "message"),
    [
        (b"PNG...", 1, "no IDX file"),
        (idx_bytes(np.zeros(4, np.uint8), kind=13), 1, "IDX type 0x0d; expected 0x08"),
        (idx_bytes(np.zeros(4, np.uint8)), 3, "has 1 dimensions; images have 3. Are images and labels swapped"),
        (idx_bytes(np.zeros((2, 2, 2), np.uint8)), 1, "has 3 dimensions; labels have 1"),
        (idx_bytes(np.zeros((2, 0, 5), np.uint8)), 3, "a: its images are 0×5 .* hold no pixels"),
        (bytes([0, 0, 8, 3]) + b"\xff" * 12, 3, "announces 79,228,162,458,924,105,385,300,197,391"),
    ],
)
def test_other_content_is_refused(content, dimensions, message):
    with pytest.raises(DataError, match=message):
        parse_idx(content, "a", dimensions)


def test_gzip_is_told_by_content_not_by_name(tmp_path):
    for name, content in (("plain.gz", b"\0\0abc"), ("packed", gzip.compress(b"\0\0abc"))):
        (tmp_path / name).write_bytes(content)
        assert read_idx_bytes(tmp_path / name) == b"\0\0abc"


@given(st.data())
def test_damaged_gzip_never_gives_other_bytes(tmp_path_factory, data):
    original = bytes(range(256)) * 8
    packed = bytearray(gzip.compress(original, mtime=0))
    position = data.draw(st.integers(0, len(packed) - 1))
    packed[position] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.mktemp("idx") / "a.gz"
    path.write_bytes(packed)
    try:
        content = read_idx_bytes(path)
    except DataError as error:
        assert "a.gz: cannot be read" in str(error)
    else:
        # Damage that leaves the content alone (name, time, flags) is none; without its mark it is no gzip at all.
        assert content in (original, bytes(packed))


def test_missing_and_cut_files_are_named(tmp_path):
    with pytest.raises(DataError, match=r"none\.gz: cannot be read"):
        read_idx_bytes(tmp_path / "none.gz")
    (tmp_path / "cut.gz").write_bytes(gzip.compress(bytes(1000))[:-5])
    with pytest.raises(DataError, match=r"cut\.gz: cannot be read .*fresh copy"):
        read_idx_bytes(tmp_path / "cut.gz")
