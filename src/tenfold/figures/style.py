"""What all figures share: sizes, colours, fonts, and the way to a PNG."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from tenfold.figures.fonts import font_families
from tenfold.files import atomic_path

# Blue and orange after Okabe and Ito's palette, which people with any kind of colour vision tell apart. The
# red for mistakes is never the only sign: a cross or a word stands beside it.
BLUE = "#0072B2"
ORANGE = "#E69F00"
RED = "#C8102E"
INK = "#222222"
GREY = "#767676"
PALE = "#D9D9D9"

_DOTS_PER_INCH = 150


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw with Tenfold's settings; those of the caller's own plots stay as they are. Also a decorator."""
    settings: Any = {
        "font.family": list(font_families()),
        "font.size": 10,
        # Class names such as "$5" are text, not formulas.
        "text.parse_math": False,
        "text.color": INK,
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titlesize": 11,
        "axes.titleweight": "bold",
        "grid.color": PALE,
        "grid.linewidth": 0.6,
        "xtick.color": INK,
        "ytick.color": INK,
        "legend.frameon": False,
        "figure.facecolor": "white",
        "savefig.facecolor": "white",
    }
    with matplotlib.rc_context():
        # Whatever the user's own matplotlibrc holds, the figures look alike.
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(settings)
        yield


def add_title(figure: Figure, title: str, note: str = "") -> None:
    """Write the figure's title at the top left and, smaller, a note below it.

    Both need 0.75 inch of free space above the first axes, the title alone 0.5.
    """
    width, height = figure.get_size_inches()
    figure.text(0.3 / width, 1 - 0.18 / height, title, size=13, weight="bold", va="top")
    if note:
        figure.text(0.3 / width, 1 - 0.47 / height, note, size=10, color=GREY, va="top")


def tick_step(pitch: float) -> int:
    """Which classes get their name on an axis where they stand `pitch` inches apart.

    All of them (1), or every 2nd, 5th, 10th, 20th and so on.

    Example:
        >>> tick_step(0.3), tick_step(0.1), tick_step(0.02)
        (1, 2, 10)
    """
    steps = (step * power for power in (1, 10, 100, 1000) for step in (1, 2, 5))
    return next((step for step in steps if step * pitch >= 0.145), 10_000)


def png_bytes(figure: Figure) -> bytes:
    """The figure as a PNG of 150 dots per inch; the same figure gives the same bytes."""
    return encode_png(rendered(figure))


def rendered(figure: Figure) -> Image.Image:
    """The figure as pixels, 150 to the inch, without transparency."""
    with figure_style():
        canvas: Any = FigureCanvasAgg(figure)
        figure.set_dpi(_DOTS_PER_INCH)
        canvas.draw()
        return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def encode_png(image: Image.Image) -> bytes:
    """What `rendered` gave as a PNG; other Python threads run meanwhile."""
    buffer = io.BytesIO()
    image.save(buffer, format="png", dpi=(_DOTS_PER_INCH, _DOTS_PER_INCH))
    return buffer.getvalue()


def save_figure(figure: Figure, path: Path) -> None:
    """Write the figure as a PNG, atomically.

    Raises:
        OSError: The file cannot be written.
    """
    save_png(png_bytes(figure), path)


def save_png(content: bytes, path: Path) -> None:
    """Write a PNG atomically.

    Raises:
        OSError: The file cannot be written.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
