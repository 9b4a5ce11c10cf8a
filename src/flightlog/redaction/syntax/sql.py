"""Values of SQL: `INSERT INTO users (name, password) VALUES ('bob', 'x')`, `IDENTIFIED BY 'x'`."""

from __future__ import annotations

from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.budget import PART, Budget
from flightlog.redaction.names import Name, Names, Secrecy
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import QUOTED, SURE, Judge

ANCHOR: Final = rb"(?i:(?:insert|replace)\s+(?:ignore\s+)?into\s|identified\s+(?:by|with)\s)"
BEGINS: Final = rb"(?i:insert|replace|identified)(?=\s)"
_IDENTIFIED: Final = pattern(
    rb"(?i:identified(?&blank){1,4}(?:by|with(?&blank){1,4}\S{1,60}(?&blank){1,4}"
    rb"(?:by|as)))(?&blank){1,4}(?=(?&quote))"
)
_INSERT: Final = pattern(
    rb"(?i:insert|replace)\s+(?i:ignore\s+)?(?i:into)\s+[^\s(]{1,120}(?:(?&blank)){0,8}\("
    rb"(?P<columns>[^()]{1,2000})\)(?&blank){0,8}(?i:values?)(?&blank){0,8}"
    rb"(?=\()"
)
_ITEM: Final = pattern(
    rb"(?P<row>\),[ ]?\()|(?P<open>\()"
    rb"|(?P<close>\))|(?P<comma>,[ ]*+)|(?P<quote>[NEn]?\\{0,15}['\"])|(?P<other>[^\s(),'\"\\]++)"
    rb"|(?P<blank>\s++|\\{1,15}[nrt]|::\w+)"
)


def read(  # noqa: PLR0917 - as `tables.read`
    text: bytes, place: int, limit: int, names: Names, judge: Judge, budget: Budget
) -> int:
    """
    Judge the values in a statement.

    Args:
        text: The text, its escapes not undone.
        place: Where the statement starts.
        limit: Where the text, or the string of JSON around the place, ends.
        names: Judges the names of further columns.
        judge: Judges a value.
        budget: What may be spent on the text.

    Returns:
        Where it ends.
    """
    identified = _IDENTIFIED.match(text, place, limit)
    if identified is not None:
        span = reading.quoted(text, identified.end(), limit)
        if span:
            judge((span[0], span[1], SURE), PASSWORD)
        return identified.end()
    insert = _INSERT.match(text, place, limit)
    if insert is None:
        return place
    columns = [
        names.judge(column.strip(b" \t\r\n`\"'[]\\")) for column in insert["columns"].split(b",")
    ]
    if not any(name.secrecy for name in columns):
        return insert.end()
    return _read_rows(text, insert.end(), limit, columns, judge, budget)


PASSWORD: Final = Name(b"password", Secrecy.WHOLE, b"password")


def _read_rows(  # noqa: PLR0917 - as `tables.read`
    text: bytes, place: int, limit: int, columns: list[Name], judge: Judge, budget: Budget
) -> int:
    index = depth = 0
    while item := _ITEM.match(text, place, limit):
        budget.pay(PART, place)
        place = item.end()
        kind = item.lastgroup
        if kind == "row":
            # Most rows stand so; this is read in one step for its three signs.
            budget.pay(2 * PART, place)
            index = index * (depth > 1) + (depth - 1 == 1)
        elif kind == "open":
            depth += 1
            index = 0 if depth == 1 else index
        elif kind == "close":
            depth -= 1
        elif kind == "comma":
            index += depth == 1
        elif kind == "quote":
            span = reading.quoted(text, item.start(), limit)
            if span is None:
                break
            place = span[2]
            if depth == 1 and index < len(columns) and columns[index].secrecy:
                judge((span[0], span[1], QUOTED), columns[index])
        elif kind == "other" and depth == 0:
            break
    return place
