"""
Regular expressions that are compiled when they are first used, with names for what recurs in them.

`(?&quote)`, `(?&blank)` and `(?&newline)` stand for these signs as they are written in any text:
raw, or escaped for JSON at any depth.
"""

from __future__ import annotations

import re
from typing import Any, Final, cast

QUOTE: Final = rb"\\{0,15}[\"'`]"
BLANK: Final = rb"(?:[ \t\r\n]|\\{1,15}[nrt])"
NEWLINE: Final = rb"(?:\r?\n|(?:\\{1,15}r)?\\{1,15}n)"
_PART: Final = re.compile(rb"\(\?&(\w+)\)")
_METHODS: Final = ("match", "search", "fullmatch", "finditer", "findall", "sub")


class _Lazy:
    def __init__(self, source: bytes) -> None:
        self._source = source

    def __getattr__(self, name: str) -> Any:
        compiled = re.compile(self._source)
        # From now on these are found without this method.
        self.__dict__.update({method: getattr(compiled, method) for method in _METHODS})
        return getattr(compiled, name)


def pattern(source: bytes, **parts: bytes) -> re.Pattern[bytes]:
    """
    Make a pattern.

    Args:
        source: The regular expression; `(?&name)` stands for a part.
        parts: Further parts.

    Returns:
        The pattern, which is compiled when it is first used.
    """
    known = {"quote": QUOTE, "blank": BLANK, "newline": NEWLINE, **parts}
    while _PART.search(source):
        source = _PART.sub(lambda found: known[found[1].decode()], source)
    return cast("re.Pattern[bytes]", _Lazy(source))
