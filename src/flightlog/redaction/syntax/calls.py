"""Arguments of calls that a name names: `setPassword("x")`, `PASSWORD('x')`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.names import Name
from flightlog.redaction.reading import QUOTE, QUOTED, WORD, Value

EXAMPLES: Final = (
    ('ds.setPassword("█");', "hunter"),
    ("SET PASSWORD FOR 'bob'@'%' = PASSWORD('█')", "hunter2"),
    ('.with_api_key("█")', "hunter2"),
    ("token('█')", "q7f3k9x2m5v8"),
    ("tokenize('a b')", ""),
    ("get_token('user')", ""),
)
FOLLOWS: Final = rb"(?P<call>\([ \t]{0,4}(?=[bBrRuUN@]?" + QUOTE + rb"))"
_SETTERS: Final = re.compile(
    rb"(?:.*[.>])?(?:set|with|add|put|use|password|PASSWORD)(?![a-z]).*|[A-Z]{4,20}", re.DOTALL
)


def read(text: bytes, place: int, limit: int, name: Name) -> Sequence[Value]:
    """
    Find the first argument of a call.

    Args:
        text: The text.
        place: After its opening bracket.
        limit: Where the text, or the string around it, ends.
        name: The function's name.
    """
    span = reading.quoted(text, place, limit)
    if span is None:
        return ()
    return ((span[0], span[1], QUOTED if _SETTERS.fullmatch(name.text) else WORD),)
