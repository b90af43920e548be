import warnings
from pathlib import Path

import matplotlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import font_manager

from tenfold.figures import fonts
from tenfold.figures.fonts import drawable_names, font_families, shortened, text_inches

# A private-use character: no font of the fallback list draws it.
NO_FONT_HAS_IT = "\U0010fffd"


def test_only_installed_families_are_used() -> None:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    assert font_families()[0] == "DejaVu Sans"
    assert set(font_families()) <= installed


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=60), st.floats(0.5, 3))
def test_shortened_text_fits_and_short_text_stays(text: str, inches: float) -> None:
    result = shortened(text, inches)
    if text_inches(text) <= inches:
        assert result == text
    else:
        assert text_inches(result) <= inches
        head, tail = result.split("…") if text.count("…") == 0 else ("", "")
        assert text.startswith(head)
        assert text.endswith(tail)


def test_names_that_differ_at_the_end_still_differ_when_shortened() -> None:
    first, second = (shortened(f"pseudomonas_aeruginosa_strain_{number}", 1.5) for number in ("001", "002"))
    assert first != second
    assert first.startswith("pseudo")
    assert first.endswith("001")


def test_text_inches_hand_worked() -> None:
    # All digits of DejaVu Sans are 1303 of 2048 units wide.
    assert text_inches("0123", 10) == pytest.approx(4 * 1303 / 2048 * 10 / 72)
    assert text_inches("0123", 20) == pytest.approx(2 * text_inches("0123", 10))


def test_names_become_one_line_and_known_characters_give_no_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert drawable_names(["a\nb", "  c   d ", "é", ""], 2.0) == ["a b", "c d", "é", ""]


def test_name_that_no_font_can_draw_becomes_a_number_and_a_warning() -> None:
    with pytest.warns(UserWarning, match="Install a font such as Noto Sans CJK|install a font such as Noto Sans CJK"):
        assert drawable_names(["cat", NO_FONT_HAS_IT], 2.0) == ["cat", "class 1"]


def test_fonts_installed_since_matplotlib_first_ran_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSerif.ttf")
    manager = font_manager.fontManager
    monkeypatch.setattr(manager, "ttflist", [font for font in manager.ttflist if font.name != "DejaVu Serif"])
    monkeypatch.setattr(font_manager, "findSystemFonts", lambda: [path])
    fonts._register_new_fonts()
    assert any(font.name == "DejaVu Serif" for font in manager.ttflist)
