import pytest

from tenfold.kernels import native


@pytest.fixture(autouse=True)
def _restore_instruction_set():
    before = native.instruction_set()
    yield
    if before:
        native.choose_instruction_set(before)
