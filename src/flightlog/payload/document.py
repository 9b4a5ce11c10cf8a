"""`Document`: a payload's JSON, and the places in it that JSON pointers (RFC 6901) name."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from flightlog.errors import InvalidQueryError, PlaceNotFoundError
from flightlog.payload.container_index import Key, Level
from flightlog.payload.values import Value, find_value

KEPT_LEVELS: Final = 64
"""How many levels a document caches for later queries."""
MAX_DEPTH: Final = 2_000
"""How many steps a pointer may have."""

_KEPT_BYTES: Final = 64 * 1024
_SURROGATES: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_BAD_ESCAPE: Final = re.compile("~(?![01])")
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,17}")


class Document:
    """
    A payload that is queried; not safe for several threads at a time.

    Args:
        text: The payload's JSON. A lone surrogate reads as U+FFFD, because no text can contain it.
    """

    def __init__(self, text: bytes) -> None:
        if b"\\u" in text and (b"\\ud" in text or b"\\uD" in text):
            text = _SURROGATES.sub(_unescape, text)
        self.root = find_value(text)
        self._levels: OrderedDict[tuple[int, int], Level] = OrderedDict()

    def find(self, pointer: str) -> Value:
        """
        Find the value at a place.

        Args:
            pointer: The place's JSON pointer.

        Returns:
            The value.

        Raises:
            InvalidQueryError: The text is no JSON pointer.
            PlaceNotFoundError: The payload has no such place.
        """
        value = self.root
        for token in split_pointer(pointer):
            found = None
            if value.is_container:
                level = self.read_level(value)
                if level.is_object:
                    found = level.find(token)
                elif _INDEX.fullmatch(token):
                    found = level.find(int(token))
            if found is None:
                raise PlaceNotFoundError(
                    "path",
                    f"leads nowhere at {token[:40]!r}",
                    hint="Use the path of a value that is there; the whole payload's is empty.",
                )
            value = found
        return value

    def read_level(self, container: Value) -> Level:
        """
        Find the parts of a container.

        Args:
            container: An object or a list.

        Returns:
            The container's level.
        """
        # A part with its own text is small, so cutting it again is cheap.
        if container.text is not self.root.text or container.size_bytes < _KEPT_BYTES:
            return Level(container)
        place = (container.start, container.end)
        level = self._levels.pop(place, None) or Level(container)
        self._levels[place] = level
        if len(self._levels) > KEPT_LEVELS:
            self._levels.popitem(last=False)
        return level


def split_pointer(pointer: str) -> list[str]:
    """
    Split a JSON pointer into its steps.

    Args:
        pointer: The JSON pointer.

    Returns:
        The unescaped steps.

    Raises:
        InvalidQueryError: The text is no JSON pointer.
    """
    if not pointer:
        return []
    steps = pointer.split("/")
    if steps[0] or len(steps) > MAX_DEPTH or _BAD_ESCAPE.search(pointer):
        raise InvalidQueryError(
            "path", "is no JSON pointer", hint="Write e.g. /items/0/name, and / in a name as ~1."
        )
    return [step.replace("~1", "/").replace("~0", "~") for step in steps[1:]]


def join_pointer(keys: Sequence[Key]) -> str:
    """
    Join steps to a JSON pointer.

    Args:
        keys: Names and places in lists.

    Returns:
        The JSON pointer.
    """
    return "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in keys)


def _unescape(escape: re.Match[bytes]) -> bytes:
    return escape[0] if escape["lone"] is None else rb"\ufffd"
