"""`Document`: a payload's JSON, and the places in it that JSON pointers (RFC 6901) name."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

from flightlog.errors import InvalidQueryError, PlaceNotFoundError
from flightlog.payload.container_index import Key, Level
from flightlog.payload.values import Value, value_in

KEPT_LEVELS: Final = 64
"""Levels whose pieces are remembered, of a document that is looked into several times."""
MAX_DEPTH: Final = 2_000
"""Steps that a pointer may have."""

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
    A payload that is looked into; for one thread at a time.

    Args:
        text: Its JSON. A lone surrogate in it, which no text can hold, reads as U+FFFD.
    """

    def __init__(self, text: bytes) -> None:
        if b"\\u" in text and (b"\\ud" in text or b"\\uD" in text):
            text = _SURROGATES.sub(_replaced, text)
        self.root = value_in(text)
        self._levels: OrderedDict[tuple[int, int], Level] = OrderedDict()

    def at(self, pointer: str) -> Value:
        """
        The value at a place.

        Raises:
            InvalidQueryError: It is no JSON pointer.
            PlaceNotFoundError: It leads nowhere.
        """
        value = self.root
        for token in split_pointer(pointer):
            found = None
            if value.is_container:
                level = self.level(value)
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

    def level(self, container: Value) -> Level:
        """The parts of a container."""
        # Parts of other texts than the document's own are small, and cheap to cut again.
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
    The steps of a JSON pointer.

    Raises:
        InvalidQueryError: It isn't one.
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
    """The JSON pointer of some steps."""
    return "".join(f"/{str(key).replace('~', '~0').replace('/', '~1')}" for key in keys)


def _replaced(escape: re.Match[bytes]) -> bytes:
    return escape[0] if escape["lone"] is None else rb"\ufffd"
