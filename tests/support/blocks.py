"""Redacted texts in the form that users read."""

from __future__ import annotations

import re

_MARK = re.compile(r"\[REDACTED:[0-9a-f]{12}\]")


def with_blocks(text: str) -> str:
    """
    Replace each mark in a redacted text by a block.

    Args:
        text: The redacted text.

    Returns:
        The text with blocks.
    """
    return _MARK.sub("█", text)
