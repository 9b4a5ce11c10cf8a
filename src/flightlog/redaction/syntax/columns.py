"""
Columns in JSON.

`[["user", "password"], ["bob", "x"]]`, and `{"columns": ["user", "password"], "data": [["bob",
"x"]]}`.
"""

from __future__ import annotations

from typing import Final

from flightlog.redaction.budget import PART, Budget
from flightlog.redaction.names import Name, Names, Secrecy
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import CELL, NUMBER, Judge

_HEAD_BYTES: Final = 2048
_PAIR: Final = 2
_STRING: Final = rb"\\{0,15}\"[^\"\\]{1,64}\\{0,15}\""
_CELL: Final = (
    rb"(?&string)|\{(?&blank){0,4}\\{0,15}\"name\\{0,15}\"(?&blank){0,4}:(?&blank){0,4}(?&string)"
    rb"(?:,[^{}\[\]]{0,80})?\}"
)
_SPACE: Final = rb"(?&blank){0,32}"
_HEAD: Final = pattern(
    rb"\[(?&space)(?:(?&cell))(?:(?&space),(?&space)(?:(?&cell))){1,255}(?&space)\]",
    space=_SPACE,
    cell=_CELL,
    string=_STRING,
)
_NAMES: Final = pattern(
    rb"(?:\{[^{}\"]{0,8}\"name\\{0,15}\"[^\"]{0,16})?\\{0,15}\"([^\"\\]{1,64})\\{0,15}\""
    rb"(?:,[^{}\[\]]{0,80}\})?"
)
_ROWS: Final = pattern(
    rb"(?&space),(?&space)(?=\[)"
    rb"|[^\[\]]{0,160}?\\{0,15}\"(?:data|rows|values|records|result)\\{0,15}\""
    rb"(?&space):(?&space)\[(?&space)(?=\[)",
    space=_SPACE,
)
_ITEM: Final = pattern(
    rb"(?P<open>\[)|(?P<close>\])|(?P<comma>,)"
    rb"|(?P<quote>\\{0,15}\")(?P<text>(?:[^\"\\]++|\\++[^\"\\])*+)(?:(?P=quote)"
    rb"|\Z)|(?P<number>-?[0-9][0-9.eE+-]*+)|(?P<other>true|false|null)|"
    rb"(?P<blank>\s++|\\{1,15}[nrt])"
)


def read(text: bytes, start: int, names: Names, judge: Judge, budget: Budget) -> int:
    """
    Judge the values in the rows whose columns a list names.

    Returns:
        Where the rows end; `start` where there are none.
    """
    first = text.rfind(b"[", max(0, start - _HEAD_BYTES), start)
    head = _HEAD.match(text, first, first + _HEAD_BYTES) if first >= 0 else None
    rows = _ROWS.match(text, head.end()) if head else None
    if head is None or rows is None:
        return start
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
    return head.end() if is_pair else _read_rows(text, rows.end(), columns, judge, budget)


def _read_rows(
    text: bytes, place: int, columns: dict[int, Name], judge: Judge, budget: Budget
) -> int:
    index = depth = 0
    end = place
    for item in _ITEM.finditer(text, place):
        budget.pay(PART, end)
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
            judge((*item.span("text"), CELL), name)
        elif name is not None and kind == "number" and name.secrecy == Secrecy.WHOLE:
            judge((*item.span("number"), NUMBER), name)
    return end
