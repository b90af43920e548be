import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import helper

from tenfold.classifier import model_file
from tenfold.classifier.classifier import Classifier, load_onnx
from tenfold.classifier.model_file import read_model_file
from tenfold.errors import ModelError


def refuse(tmp_path: Path, brightness_file: Path, change: Callable[[onnx.ModelProto], None]) -> str:
    """Change a good file and give the message of its refusal."""
    proto = onnx.load(brightness_file)
    change(proto)
    path = tmp_path / "changed.onnx"
    path.write_bytes(proto.SerializeToString())
    with pytest.raises(ModelError) as refusal:
        read_model_file(path)
    assert str(refusal.value).startswith(f"{path}: ")
    return str(refusal.value)


def test_a_good_file_is_read_whole(brightness_file: Path):
    assert read_model_file(brightness_file) == brightness_file.read_bytes()


def test_weights_in_other_files_are_refused(tmp_path: Path, brightness_file: Path):
    def refer(proto: onnx.ModelProto) -> None:
        tensor = proto.graph.initializer[0]
        tensor.data_location = onnx.TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value="/etc/passwd")
        tensor.ClearField("raw_data")

    def refer_in_passing(proto: onnx.ModelProto) -> None:
        proto.graph.initializer[0].external_data.add(key="location", value="/etc/passwd")

    def refer_in_a_node(proto: onnx.ModelProto) -> None:
        tensor = onnx.TensorProto(data_location=onnx.TensorProto.EXTERNAL)
        proto.graph.node[0].attribute.append(helper.make_attribute("value", tensor))

    for change in (refer, refer_in_passing, refer_in_a_node):
        assert "its weights lie in another file" in refuse(tmp_path, brightness_file, change)


def test_operators_that_tenfold_does_not_write_are_refused(tmp_path: Path, brightness_file: Path):
    def use_others(proto: onnx.ModelProto) -> None:
        proto.graph.node.append(helper.make_node("Loop", ["a"], ["b"]))
        proto.graph.node.append(helper.make_node("Add", ["a"], ["c"], domain="com.microsoft"))

    message = refuse(tmp_path, brightness_file, use_others)
    assert "uses Loop, com.microsoft.Add;" in message


def test_networks_within_nodes_functions_and_sparse_weights_are_refused(tmp_path: Path, brightness_file: Path):
    def nest(proto: onnx.ModelProto) -> None:
        inner = helper.make_graph([], "inner", [], [])
        proto.graph.node[0].attribute.append(helper.make_attribute("body", inner))

    def define(proto: onnx.ModelProto) -> None:
        function = proto.functions.add()
        function.name, function.domain = "Cast", ""

    def thin(proto: onnx.ModelProto) -> None:
        proto.graph.sparse_initializer.add()

    assert "networks or sparse weights inside of nodes" in refuse(tmp_path, brightness_file, nest)
    assert "functions" in refuse(tmp_path, brightness_file, define)
    assert "sparse weights" in refuse(tmp_path, brightness_file, thin)


def test_an_empty_network_is_refused(tmp_path: Path, brightness_file: Path):
    assert "holds no network" in refuse(tmp_path, brightness_file, lambda proto: proto.graph.ClearField("node"))


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04", b"\x89PNG\r\n\x1a\n", b"\x00\x00", b"\xff" * 40, b"hello"], ids=str
)
def test_what_is_no_onnx_is_refused(content: bytes, tmp_path: Path):
    path = tmp_path / "no.onnx"
    path.write_bytes(content)
    with pytest.raises(ModelError, match="Expected an ONNX file written by Tenfold"):
        read_model_file(path)


def test_other_paths_are_refused(tmp_path: Path):
    with pytest.raises(ModelError, match=r"none\.onnx: no such file"):
        read_model_file(tmp_path / "none.onnx")
    with pytest.raises(ModelError, match=r"is a Keras file.*model\.onnx lies beside it"):
        read_model_file(tmp_path / "model.keras")
    os.mkfifo(tmp_path / "pipe.onnx")
    with pytest.raises(ModelError, match=r"pipe\.onnx: not a regular file"):
        read_model_file(tmp_path / "pipe.onnx")


def test_large_files_are_refused_unread(tmp_path: Path):
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.truncate(model_file.MAX_FILE_BYTES + 1)  # sparse: takes no room on the disk
    tracemalloc.start()
    try:
        with pytest.raises(ModelError, match=r"268,435,457 bytes; model files may have 268,435,456 at most"):
            read_model_file(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_files_of_very_many_parts_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(model_file, "_MAX_FIELDS", 1_000)
    path = tmp_path / "parts.onnx"
    path.write_bytes(b"\x08\x01" * 1_001)
    with pytest.raises(ModelError, match="more than 1,000 parts"):
        read_model_file(path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_files_are_refused_or_still_work(tmp_path: Path, brightness_file: Path, data: st.DataObject):
    content = bytearray(brightness_file.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    content = content[: data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))]
    path = tmp_path / "damaged.onnx"
    path.write_bytes(content)
    try:
        assert isinstance(load_onnx(path), Classifier)
    except ModelError as error:
        assert str(error).startswith(f"{path}: ")


def test_fields_whose_numbers_readers_cut_short_are_refused(tmp_path: Path, brightness_file: Path):
    # The tag of field 20, training, with a bit above 32: this reader would see field 2²⁹ + 20, others field 20.
    path = tmp_path / "hidden.onnx"
    path.write_bytes(brightness_file.read_bytes() + b"\xa2\x81\x80\x80\x10\x00")
    with pytest.raises(ModelError, match="it is no ONNX file"):
        read_model_file(path)


def test_a_file_that_poses_as_onnx_runtimes_own_format_is_read_as_onnx(tmp_path: Path, brightness_file: Path):
    path = tmp_path / "both.onnx"
    path.write_bytes(b"\x7a\x06\x00\x00ORTM" + brightness_file.read_bytes())  # an unknown field with that mark
    assert load_onnx(path).class_names == load_onnx(brightness_file).class_names


def test_a_model_that_git_lfs_keeps_is_named(tmp_path):
    (tmp_path / "model.onnx").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(ModelError, match=r"model\.onnx: not downloaded: .*git lfs pull"):
        read_model_file(tmp_path / "model.onnx")
