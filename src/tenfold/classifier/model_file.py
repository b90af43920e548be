"""Reading model files that may come from anywhere: what they hold is checked before a runtime acts on it.

An ONNX file is data, but a runtime follows what it says: it would open other files that hold its weights, and
run any operator. Tenfold's own files need none of that, so whatever goes beyond them is refused. The checks
walk the file's protobuf fields themselves (numbers as in `onnx.proto`), since importing the `onnx` package
takes longer than a prediction.
"""

from collections.abc import Iterator
from pathlib import Path

from tenfold.errors import ModelError
from tenfold.files import check_downloaded

MAX_FILE_BYTES = 256 * 2**20
"""64 million weights, a hundred times those of the largest named recipe."""

OPERATORS = frozenset(
    {
        *("Cast", "Transpose", "Flatten", "MatMul", "Add", "Mul", "Conv", "BatchNormalization"),
        *("MaxPool", "AveragePool", "GlobalMaxPool", "GlobalAveragePool", "Mean", "Pad", "Slice"),
        *("Relu", "LeakyRelu", "Elu", "Selu", "Erf", "Sigmoid", "Softplus", "Tanh", "Softmax"),
        *("Div", "Sqrt", "Log", "ReduceSum", "ReduceMin", "ReduceMax", "Sub", "Concat"),
        *("Abs", "And", "Gather", "GreaterOrEqual", "LessOrEqual", "ReduceMean", "Reshape", "TopK", "Where"),
    }
)
"""The operators that the ONNX writer uses."""

_MAX_FIELDS = 1_000_000
_VARINT, _EIGHT_BYTES, _MESSAGE, _FOUR_BYTES = 0, 1, 2, 5
_WIDTHS = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}

Field = tuple[int, int | memoryview]
Budget = Iterator[int]


def read_model_file(path: Path) -> bytes:
    """Read an ONNX file and check that it is a plain one.

    Returns:
        The file's content.

    Raises:
        ModelError: No file, too large, no ONNX, or one that refers to other files, brings its own
            functions or uses an operator outside `OPERATORS`.
    """
    content = _read(path)
    budget = iter(range(_MAX_FIELDS))
    try:
        graphs = [value for number, value in _model_fields(memoryview(content), budget) if number == 7]
        operators = [operator for graph in graphs for operator in _operators(graph, budget)]
    except ValueError as error:
        raise ModelError(f"{path}: {error}. Expected an ONNX file written by Tenfold.") from error
    unknown = sorted(set(operators) - OPERATORS)
    if unknown:
        raise ModelError(
            f"{path}: uses {', '.join(unknown)}; only operators that Tenfold writes are run. "
            "Expected an ONNX file written by Tenfold."
        )
    if not operators:
        raise ModelError(f"{path}: holds no network. Expected an ONNX file written by Tenfold.")
    return content


def _read(path: Path) -> bytes:
    if path.suffix.lower() in (".keras", ".h5"):
        raise ModelError(
            f"{path}: is a Keras file, which is for going on in training. Predictions need the ONNX file: "
            f"{path.with_name('model.onnx')} lies beside it in a run folder."
        )
    if not path.is_file():
        found = "not a regular file" if path.exists() else "no such file"
        raise ModelError(f"{path}: {found}. Expected a run folder or an ONNX file.")
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ModelError(f"{path}: {size:,} bytes; model files may have {MAX_FILE_BYTES:,} at most.")
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}).") from error
    check_downloaded(content, str(path), ModelError)
    return content


def _model_fields(model: memoryview, budget: Budget) -> Iterator[tuple[int, memoryview]]:
    """The sub-messages of a ModelProto."""
    for number, value in _fields(model, budget):
        if number in (20, 25):
            raise ValueError("it brings its own training steps or functions, which are not run")
        if isinstance(value, memoryview):
            yield number, value


def _operators(graph: memoryview, budget: Budget) -> Iterator[str]:
    """The operators of a GraphProto, while its nodes and weights are checked."""
    for number, value in _fields(graph, budget):
        if not isinstance(value, memoryview):
            continue
        if number == 1:
            yield _operator(value, budget)
        elif number == 5:
            _check_tensor(value, budget)
        elif number == 15:
            raise ValueError("it has sparse weights, which are not run")


def _operator(node: memoryview, budget: Budget) -> str:
    """The operator of a NodeProto, with its domain if that is not ONNX's own."""
    name, domain = "", ""
    for number, value in _fields(node, budget):
        if not isinstance(value, memoryview):
            continue
        if number == 4:
            name = _text(value)
        elif number == 7:
            domain = _text(value)
        elif number == 5:
            _check_attribute(value, budget)
    return name if domain in ("", "ai.onnx") else f"{domain}.{name}"


def _check_attribute(attribute: memoryview, budget: Budget) -> None:
    """Refuse an AttributeProto with graphs or sparse weights inside, and check its tensors."""
    for number, value in _fields(attribute, budget):
        if number in (6, 11, 22, 23):
            raise ValueError("it has networks or sparse weights inside of nodes, which are not run")
        if number in (5, 10) and isinstance(value, memoryview):
            _check_tensor(value, budget)


def _check_tensor(tensor: memoryview, budget: Budget) -> None:
    """Refuse a TensorProto whose values lie in another file."""
    for number, value in _fields(tensor, budget):
        if number == 13 or (number == 14 and value != 0):
            raise ValueError("its weights lie in another file, which is not opened")


def _text(value: memoryview) -> str:
    return bytes(value[:100]).decode("utf-8", errors="replace")


def _fields(message: memoryview, budget: Budget) -> Iterator[Field]:
    """The fields of a protobuf message: number, and integer or bytes."""
    position, end = 0, len(message)
    while position < end:
        if next(budget, None) is None:
            raise ValueError(f"it has more than {_MAX_FIELDS:,} parts")
        key, position = _varint(message, position)
        if key >= 2**32:  # readers cut it to 32 bits, and would see another field
            raise ValueError("it is no ONNX file")
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, position = _varint(message, position)
            yield number, value
            continue
        if wire_type == _MESSAGE:
            width, position = _varint(message, position)
        elif wire_type in _WIDTHS:
            width = _WIDTHS[wire_type]
        else:
            raise ValueError("it is no ONNX file")
        if number == 0 or position + width > end:
            raise ValueError("it is no ONNX file, or damaged")
        yield number, message[position : position + width]
        position += width


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """The integer at a position, and the position behind it."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(message):
            raise ValueError("it is no ONNX file, or cut off")
        byte = message[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError("it is no ONNX file")
