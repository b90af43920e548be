from importlib import metadata

import pytest

from tenfold.data import catalog
from tenfold.figures import fonts
from tenfold.run import diagnosis
from tenfold.run.diagnosis import diagnose


def findings():
    return {finding.name: finding for finding in diagnose()}


def test_where_all_is_well_nothing_is_advised():
    found = findings()
    assert {"tenfold", "Python", "packages", "backend", "compile cache", "data mnist", "data fashion-mnist"} <= set(
        found
    )
    assert all(finding.status != "problem" for finding in found.values()), found
    assert all((finding.status == "ok") == (finding.advice == "") for finding in found.values())
    assert "on JAX" in found["backend"].value
    assert f"keras {metadata.version('keras')}" in found["packages"].value


def test_a_missing_and_an_old_package_are_problems_with_the_command_that_mends_them(monkeypatch):
    required = ["numpy>=99", "no-such-package>=1,<2", "rich>=14", "only-there>=1; sys_platform == 'nowhere'"]
    monkeypatch.setattr(metadata, "requires", lambda name: required)
    (finding,) = diagnosis._packages("packages")
    assert finding.status == "problem"
    assert finding.advice.endswith("pip install 'numpy>=99' 'no-such-package<2,>=1'")


def test_damaged_data_is_a_problem_and_the_rest_is_still_looked_at(monkeypatch):
    monkeypatch.setattr(catalog, "read_idx_bytes", lambda path: b"damaged")
    found = findings()
    assert found["data"].status == "problem"
    assert "Reinstall tenfold" in found["data"].advice
    assert found["model to predict with"].status == "ok"


def test_anything_else_that_fails_is_a_problem_too(monkeypatch):
    def fail(name):
        raise RuntimeError("of a library")

    monkeypatch.setattr(diagnosis, "_LOOKS", {"one": fail})
    assert findings()["one"].advice.startswith("RuntimeError: of a library")


@pytest.mark.parametrize(("setting", "value"), [("off", "off"), ("/dev/null/compiled", "/dev/null/compiled")])
def test_without_a_compile_cache_tenfold_works_slower(monkeypatch, setting, value):
    monkeypatch.setenv("TENFOLD_COMPILE_CACHE", setting)
    (finding,) = diagnosis._compile_cache("compile cache")
    assert finding.status == "note"
    assert finding.value.startswith(value)
    assert "TENFOLD_COMPILE_CACHE" in finding.advice


def test_without_a_chinese_font_there_is_advice(monkeypatch):
    monkeypatch.setattr(fonts, "font_families", lambda: ("DejaVu Sans",))
    (finding,) = diagnosis._fonts("Chinese font")
    assert finding.status == "note"
    assert "Noto Sans CJK" in finding.advice


def test_telemetry_is_off_unless_the_user_has_switched_it_on(monkeypatch):
    (finding,) = diagnosis._telemetry("telemetry")
    assert (finding.status, finding.value) == ("ok", "off: nothing leaves this machine")
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    (finding,) = diagnosis._telemetry("telemetry")
    assert finding.status == "note"
    assert "Unset ORT_DISABLE_TELEMETRY" in finding.advice
