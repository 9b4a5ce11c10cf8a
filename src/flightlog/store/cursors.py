"""
Cursors: positions in lists as text that clients send back.

A cursor is made so that every text of its pattern can be used: a whole number as it is, a text as
the hexadecimal digits of its UTF-8, with points between. The OpenAPI document describes it
exactly.
"""

from __future__ import annotations

import re
from typing import Final

from flightlog.errors import InvalidQueryError

MAX_NUMBER: Final = 10**18 - 1
"""The largest number that a cursor holds."""

_PARTS: Final = {int: "[0-9]{1,18}", str: "(?:[0-9a-f]{2})*"}


class Cursor:
    """
    The cursors of one list.

    Args:
        parameter: The name of the parameter that takes them.
        parts: The types of a position's parts, `int` or `str`.
    """

    def __init__(self, parameter: str, *parts: type[int | str]) -> None:
        self._parameter = parameter
        self._parts = parts
        self.pattern = "^" + r"\.".join(_PARTS[part] for part in parts) + "$"
        """The regular expression of every cursor."""
        self._whole = re.compile(self.pattern[1:-1])

    def write(self, *position: int | str) -> str:
        """The text of a position."""
        return ".".join(
            str(part) if isinstance(part, int) else part.encode().hex() for part in position
        )

    def read(self, text: str) -> tuple[int | str, ...]:
        """
        The position that a text stands for.

        Raises:
            InvalidQueryError: It is no cursor of this list.
        """
        if not self._whole.fullmatch(text):
            raise InvalidQueryError(
                self._parameter,
                "is not one of ours",
                hint="Use the cursor of a page as it is, or leave it out to begin anew.",
            )
        return tuple(
            int(part) if kind is int else bytes.fromhex(part).decode(errors="replace")
            for kind, part in zip(self._parts, text.split("."), strict=True)
        )


EXECUTIONS: Final = Cursor("cursor", str, int)
"""When an execution started, canonical time, and its ordinal."""
NODES: Final = Cursor("nodesCursor", int, str)
"""A node execution's sequence and node id."""
WORKFLOWS: Final = Cursor("cursor", int, str, str)
"""A workflow's number of executions, its id, and its project's or an empty text."""
PROJECTS: Final = Cursor("cursor", str)
"""A project's id."""
