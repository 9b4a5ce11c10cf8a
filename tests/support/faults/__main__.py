"""`python -m support.faults`: every scenario, as often as is asked; ends with 1 if one is not good."""

from __future__ import annotations

from rich.console import Console

console = Console(width=160, highlight=False)
