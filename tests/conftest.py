import os

import pytest
from hypothesis import settings

# Shared machines are slow at times; how long an example takes says nothing about whether it is right.
settings.register_profile("tenfold", deadline=None)
settings.load_profile("tenfold")


@pytest.fixture(scope="session", autouse=True)
def _compile_cache(tmp_path_factory):
    """All tests share what JAX has compiled, and leave the developer's own cache alone."""
    of_worker = tmp_path_factory.getbasetemp()
    of_session = of_worker.parent if "PYTEST_XDIST_WORKER" in os.environ else of_worker
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("TENFOLD_COMPILE_CACHE", str(of_session / "compiled"))
        yield
