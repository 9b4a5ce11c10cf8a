"""Arguments of calls that a name names: `setPassword("x")`, `PASSWORD('x')`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.names import Name
from flightlog.redaction.reading import QUOTED, WORD, Value

FOLLOWS: Final = rb"(?P<call>\([ \t]{0,4}(?=[bBrRuUN@]?(?&quote)))"
_SETTERS: Final = re.compile(
    rb"(?:.*[.>])?(?:set|with|add|put|use|password|PASSWORD)(?![a-z]).*|[A-Z]{4,20}", re.DOTALL
)


def read(text: bytes, place: int, limit: int, name: Name) -> Sequence[Value]:
    """Find the first argument of a call."""
    span = reading.quoted(text, place, limit)
    if span is None:
        return ()
    return ((span[0], span[1], QUOTED if _SETTERS.fullmatch(name.text) else WORD),)
