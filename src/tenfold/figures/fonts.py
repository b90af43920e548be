"""Class names as the figures can draw them: in any script that an installed font has, and never too long."""

import warnings
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font, LoadFlags

# Fonts with Chinese characters, as the operating systems and common packages name them. matplotlib before
# 3.11 sees only the first face of a collection, so Noto Sans CJK may go by its Japanese name.
_CHINESE = (
    *("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN"),
    *("PingFang SC", "Hiragino Sans GB", "Heiti SC", "STHeiti", "Songti SC", "Arial Unicode MS"),
    *("Microsoft YaHei", "SimHei", "DengXian", "SimSun"),
    *("WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "Droid Sans Fallback", "AR PL UMing CN"),
    *("Noto Sans CJK JP", "Noto Sans CJK TC", "Noto Serif CJK SC", "Noto Serif CJK JP"),
)


@cache
def font_families() -> tuple[str, ...]:
    """The installed families that text is drawn with, each filling the gaps of those before."""
    chinese = _installed_chinese()
    if not chinese:
        # matplotlib remembers the fonts of its first start; one that was installed since is found only here.
        _register_new_fonts()
        chinese = _installed_chinese()
    return ("DejaVu Sans", *chinese[:1])


def drawable_names(class_names: Sequence[str], inches: float) -> list[str]:
    """The class names on one line each, shortened, with none that would come out as empty squares.

    Args:
        class_names: In the order of the labels.
        inches: The width to keep to in text of 10 points.

    Returns:
        As many names; "class 3" in place of one whose characters no installed font has. A warning says so.
    """
    names = [" ".join(name.split()) for name in class_names]
    missing = [label for label, name in enumerate(names) if not all(map(_advance, name))]
    if missing:
        warnings.warn(
            f"No installed font has all characters of the class name {class_names[missing[0]]!r}. "
            f"The figures show numbers for {len(missing)} class names. To see the names, install a font "
            "such as Noto Sans CJK.",
            stacklevel=3,
        )
    for label in missing:
        names[label] = f"class {label}"
    return [shortened(name, inches) for name in names]


def shortened(text: str, inches: float, size: float = 10.0) -> str:
    """The text if it fits, otherwise its beginning and end around "…": names often differ at the end.

    Args:
        text: One line.
        inches: The width to keep to.
        size: Of the text, in points.
    """
    if text_inches(text, size) <= inches:
        return text
    head, tail = text, text
    while tail and text_inches(f"…{tail}", size) > 0.45 * inches:
        tail = tail[1:]
    while head and text_inches(f"{head}…{tail}", size) > inches:
        head = head[:-1]
    return f"{head}…{tail}"


def text_inches(text: str, size: float = 10.0) -> float:
    """How wide a text of that many points is drawn, apart from kerning."""
    return sum(_advance(character) or 1.0 for character in text) * size / 72


def _installed_chinese() -> list[str]:
    installed = {font.name for font in font_manager.fontManager.ttflist}
    return [name for name in _CHINESE if name in installed]


def _register_new_fonts() -> None:
    known = {Path(font.fname) for font in font_manager.fontManager.ttflist}
    for path in font_manager.findSystemFonts():
        if Path(path) not in known:
            try:
                font_manager.fontManager.addfont(path)
            except (OSError, RuntimeError, ValueError):
                continue  # a font that matplotlib cannot read, as its own search passes over


@cache
def _advance(character: str) -> float | None:
    """The width of a character in units of the text's size; None if no font has it."""
    for font in _fonts():
        if font.get_char_index(ord(character)):
            glyph = font.load_char(ord(character), LoadFlags.NO_SCALE)
            return max(float(glyph.horiAdvance) / font.units_per_EM, 1e-6)
    return None


@cache
def _fonts() -> tuple[FT2Font, ...]:
    return tuple(font_manager.get_font(font_manager.findfont(name)) for name in font_families())
