"""
What is known of an object or a list of JSON while it is open.

`jsontext` fills it in; it decides nothing.
"""

from __future__ import annotations

import re

from flightlog.redaction.keys import Name
from flightlog.redaction.rules import States


class Frame:
    """An object or a list that is open."""

    __slots__ = (
        "columns",
        "excepted",
        "first",
        "heads",
        "index",
        "is_list",
        "members",
        "members_before_pair",
        "name",
        "opening",
        "pair",
        "parent",
        "secret",
        "states",
        "told",
        "watched",
    )

    def __init__(
        self, opening: tuple[re.Match[bytes], int] | None, *, is_list: bool, parent: Frame | None
    ) -> None:
        self.opening = opening
        self.is_list = is_list
        self.parent = parent
        # The name that makes all of it secret.
        self.secret: Name | None = None
        # The name of a pair, `{"name": …, "value": …}`, or the item before this one, if it is one.
        self.pair: Name | None = None
        # The first item of a list, if it is a name: the list may be a pair.
        self.first: Name | None = None
        # Which items of a list are names, and, of a list of lists, which items the first one
        # names in all others: `[["user","password"],["bob","x"]]`.
        self.heads: dict[int, Name] = {}
        self.columns: dict[int, Name] = {}
        # What a mark's text says, which is the name of the item after the mark: bytes are marked.
        self.told: Name | None = None
        # Whether its values matter even where no needle was found in them.
        self.watched = False
        self.states: States = frozenset()
        self.excepted = False
        self.index = 0
        self.name = b""
        # Its members, or the second item of what may be a pair: the token, what it is, where it
        # ends. A name that comes after its value tells that the value was secret.
        self.members: list[tuple[re.Match[bytes], int, int]] = []
        self.members_before_pair = 0
