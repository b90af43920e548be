"""The user's terminal, for everything that is no result: progress, notes, messages."""

from rich.console import Console

stderr = Console(stderr=True, highlight=False, soft_wrap=True)
