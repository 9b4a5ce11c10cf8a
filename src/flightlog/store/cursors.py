"""
Write and read cursors: positions in lists, as text that clients send back.

Every text that matches a cursor's pattern is a usable cursor. A whole number is written as its
digits, and a text as the hexadecimal digits of its UTF-8; points separate the parts. The OpenAPI
document describes the pattern exactly.
"""

from __future__ import annotations

import re
from typing import Final

from flightlog.errors import InvalidQueryError

MAX_NUMBER: Final = 10**18 - 1
"""The largest number that a cursor can hold."""

_PARTS: Final = {int: "[0-9]{1,18}", str: "(?:[0-9a-f]{2})*"}


class Cursor:
    """
    The format of one list's cursors.

    Args:
        parameter: The name of the parameter that holds the cursor.
        parts: The types of a position's parts, `int` or `str`.
    """

    def __init__(self, parameter: str, *parts: type[int | str]) -> None:
        self._parameter = parameter
        self._parts = parts
        self.pattern = "^" + r"\.".join(_PARTS[part] for part in parts) + "$"
        """The regular expression that every cursor matches."""
        self._whole = re.compile(self.pattern[1:-1])

    def write(self, *position: int | str) -> str:
        """
        Write a position as a cursor.

        Args:
            position: The parts of the position.

        Returns:
            The cursor's text.
        """
        return ".".join(
            str(part) if isinstance(part, int) else part.encode().hex() for part in position
        )

    def read(self, text: str) -> tuple[int | str, ...]:
        """
        Read the position of a cursor.

        Args:
            text: The cursor's text.

        Returns:
            The parts of the position.

        Raises:
            InvalidQueryError: The text is not a cursor of this list.
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
"""The start of an execution, canonical time, and its ordinal."""
NODES: Final = Cursor("nodesCursor", int, str)
"""The sequence and the node id of a node execution."""
WORKFLOWS: Final = Cursor("cursor", int, str, str)
"""
The number of a workflow's executions, the workflow's id, and its project's id or an empty text.
"""
PROJECTS: Final = Cursor("cursor", str)
"""The id of a project."""
