"""
Columns in JSON.

`[["user", "password"], ["bob", "x"]]`, and `{"columns": ["user", "password"], "data": [["bob",
"x"]]}`.
"""

from __future__ import annotations

import re
from typing import Final

from flightlog.redaction.names import Name, Names, Secrecy
from flightlog.redaction.reading import BLANK, CELL, NUMBER, Value

EXAMPLES: Final = (
    ('[["id", "password"], [1, "█"], [2, null]]', "hunter2"),
    ('{"values": [["id", "n", "api key"], [1, "x", "█"]]}', "hunter2"),
    ('{"columns": ["user", "password"], "data": [["bob", "█"]]}', "hunter2"),
    ('{"fields": [{"name": "user"}, {"name": "password"}], "rows": [["bob", "█"]]}', "hunter2"),
    ('[["a", "b"], ["id", "password"]]', ""),
    ('{"required": ["username", "password"]}', ""),
)
_HEAD_BYTES: Final = 2048
_PAIR: Final = 2
_STRING: Final = rb"\\{0,15}\"[^\"\\]{1,64}\\{0,15}\""
_CELL: Final = (
    _STRING + rb"|\{" + BLANK + rb"{0,4}\\{0,15}\"name\\{0,15}\"" + BLANK + rb"{0,4}:"
    + BLANK + rb"{0,4}" + _STRING
    + rb"(?:,[^{}\[\]]{0,80})?\}"
)  # fmt: skip
_SPACE: Final = BLANK + rb"{0,32}"
_HEAD: Final = re.compile(
    rb"\["
    + _SPACE
    + rb"(?:"
    + _CELL
    + rb")(?:"
    + _SPACE
    + rb","
    + _SPACE
    + rb"(?:"
    + _CELL
    + rb")){1,255}"
    + _SPACE
    + rb"\]"
)
_NAMES: Final = re.compile(
    rb"(?:\{[^{}\"]{0,8}\"name\\{0,15}\"[^\"]{0,16})?\\{0,15}\"([^\"\\]{1,64})\\{0,15}\"(?:,[^{}\[\]]{0,80}\})?"
)
_ROWS: Final = re.compile(
    _SPACE
    + rb","
    + _SPACE
    + rb"(?=\[)|[^\[\]]{0,160}?\\{0,15}\"(?:data|rows|values|records|result)\\{0,15}\""
    + _SPACE
    + rb":"
    + _SPACE
    + rb"\["
    + _SPACE
    + rb"(?=\[)"
)
_ITEM: Final = re.compile(
    rb"(?P<open>\[)|(?P<close>\])|(?P<comma>,)|(?P<quote>\\{0,15}\")(?P<text>(?:[^\"\\]++|\\++[^\"\\])*+)(?:(?P=quote)|\Z)"
    rb"|(?P<number>-?[0-9][0-9.eE+-]*+)|(?P<other>true|false|null)|(?P<blank>\s++|\\{1,15}[nrt])"
)


def read(text: bytes, start: int, names: Names) -> tuple[list[tuple[Value, Name]], int]:
    """
    Find the secrets in the rows whose columns a list names.

    Args:
        text: The text.
        start: Where a name in the list starts.
        names: Judges the other names.

    Returns:
        The values with their names, and where the rows end; `start` where there are none.
    """
    first = text.rfind(b"[", max(0, start - _HEAD_BYTES), start)
    head = _HEAD.match(text, first, first + _HEAD_BYTES) if first >= 0 else None
    rows = _ROWS.match(text, head.end()) if head else None
    if head is None or rows is None:
        return [], start
    columns = {
        number: name
        for number, cell in enumerate(_NAMES.finditer(text, first, head.end()))
        if (name := names.judged(cell[1])).secrecy
    }
    width = sum(1 for _ in _NAMES.finditer(text, first, head.end()))
    is_pair = (
        width == _PAIR
        and 0 in columns
        and text[rows.start() : rows.end()].lstrip(b" \r\n\t").startswith(b",")
    )
    return ([], head.end()) if is_pair else _read_rows(text, rows.end(), columns)


def _read_rows(
    text: bytes, place: int, columns: dict[int, Name]
) -> tuple[list[tuple[Value, Name]], int]:
    found: list[tuple[Value, Name]] = []
    index = depth = 0
    end = place
    for item in _ITEM.finditer(text, place):
        if item.start() != end:
            break
        end = item.end()
        kind = item.lastgroup
        if kind == "open":
            index, depth = 0, depth + 1
        elif kind == "close":
            depth -= 1
        elif kind == "comma" and depth == 1:
            index += 1
        if depth not in {0, 1}:
            break
        name = columns.get(index) if depth == 1 else None
        if name is not None and kind == "text":
            found.append(((*item.span("text"), CELL), name))
        elif name is not None and kind == "number" and name.secrecy == Secrecy.WHOLE:
            found.append(((*item.span("number"), NUMBER), name))
    return found, end
