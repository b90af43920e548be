"""Notes: what happened that the user should know, as a code with parameters, worded in English where it is raised.

The wording is a template. It is the key of a translation in the catalogues that gettext reads, below `locale/`; what
is not translated stays English.
"""

import gettext
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Language = Literal["en", "zh"]
Severity = Literal["note", "warning"]


@dataclass(frozen=True)
class Note:
    """What a surface renders.

    Args:
        code: Says which note it is, for programs.
        template: The English wording, with its parameters in braces as `str.format` takes them.
        parameters: What stands in the template.
        severity: A warning says that something is probably wrong.
    """

    code: str
    template: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    severity: Severity = "note"

    def __str__(self) -> str:
        return translated(self.template).format(**self.parameters)


_language: ContextVar[Language] = ContextVar("language", default="en")


def language() -> Language:
    """The language in which notes are worded."""
    return _language.get()


@contextmanager
def spoken(chosen: Language) -> Iterator[None]:
    """Inside the block, notes are worded in this language."""
    token = _language.set(chosen)
    try:
        yield
    finally:
        _language.reset(token)


def translated(template: str) -> str:
    """A template in the language that is set; as it is where there is no translation."""
    folder = Path(__file__).with_name("locale")
    return gettext.translation("tenfold", folder, [language()], fallback=True).gettext(template)
