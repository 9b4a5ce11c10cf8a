"""Redacted texts as people read them."""

from __future__ import annotations

import re

_MARK = re.compile(r"\[REDACTED:[0-9a-f]{12}\]")


def with_blocks(text: str) -> str:
    """A redacted text, with a block for each mark."""
    return _MARK.sub("█", text)
