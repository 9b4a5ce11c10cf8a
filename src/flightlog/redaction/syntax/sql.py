"""Values of SQL: `INSERT INTO users (name, password) VALUES ('bob', 'x')`, `IDENTIFIED BY 'x'`."""

from __future__ import annotations

import re
from typing import Final

from flightlog.redaction import reading
from flightlog.redaction.names import Name, Names, Secrecy
from flightlog.redaction.reading import BLANK, QUOTE, QUOTED, SURE, Value

EXAMPLES: Final = (
    ("INSERT INTO users (name, password) VALUES ('bob', '█')", "hunter2"),
    ("insert into `u`(`id`,`api_key`) values (1,'█'),(2,'█')", "hunter2"),
    ("CREATE USER 'bob'@'%' IDENTIFIED BY '█'", "hunter2"),
    ("identified with sha256 by '█'", "hunter2"),
    ("CREATE LOGIN bob WITH PASSWORD = N'█'", "hunter2"),
    ("ALTER ROLE shop WITH LOGIN PASSWORD '█'", "hunter2"),
    ("SELECT * FROM t WHERE token = '█'", "hunter2"),
    ("CREATE TABLE u (password varchar(60) NOT NULL)", ""),
    ("UPDATE users SET password = ? WHERE id = ?", ""),
)
ANCHOR: Final = rb"(?i:(?:insert|replace)\s+(?:ignore\s+)?into\s|identified\s+(?:by|with)\s)"
BEGINS: Final = rb"(?i:insert|replace|identified)(?=\s)"
_IDENTIFIED: Final = re.compile(
    rb"(?i:identified"
    + BLANK
    + rb"{1,4}(?:by|with"
    + BLANK
    + rb"{1,4}\S{1,60}"
    + BLANK
    + rb"{1,4}(?:by|as)))"
    + BLANK
    + rb"{1,4}(?="
    + QUOTE
    + rb")"
)
_INSERT: Final = re.compile(
    rb"(?i:insert|replace)\s+(?i:ignore\s+)?(?i:into)\s+[^\s(]{1,120}(?:"
    + BLANK
    + rb"){0,8}\((?P<columns>[^()]{1,2000})\)"
    + BLANK
    + rb"{0,8}(?i:values?)"
    + BLANK
    + rb"{0,8}(?=\()"
)
_ITEM: Final = re.compile(
    rb"(?P<open>\()|(?P<close>\))|(?P<comma>,)|(?P<quote>[NEn]?\\{0,15}['\"])|(?P<other>[^\s(),'\"\\]++)|(?P<blank>\s++|\\{1,15}[nrt]|::\w+)"
)


def read(text: bytes, place: int, limit: int, names: Names) -> list[tuple[Value, Name]]:
    """
    Find the secrets in a statement.

    Args:
        text: The text.
        place: Where the statement, or `IDENTIFIED`, begins.
        limit: Where the text, or the string around it, ends.
        names: Judges the columns.
    """
    identified = _IDENTIFIED.match(text, place, limit)
    if identified is not None:
        span = reading.quoted(text, identified.end(), limit)
        return [((span[0], span[1], SURE), PASSWORD)] if span else []
    insert = _INSERT.match(text, place, limit)
    if insert is None:
        return []
    columns = [
        names.judged(column.strip(b" \t\r\n`\"'[]\\")) for column in insert["columns"].split(b",")
    ]
    return (
        _read_rows(text, insert.end(), limit, columns)
        if any(name.secrecy for name in columns)
        else []
    )


PASSWORD: Final = Name(b"password", Secrecy.WHOLE, b"password")


def _read_rows(
    text: bytes, place: int, limit: int, columns: list[Name]
) -> list[tuple[Value, Name]]:
    found: list[tuple[Value, Name]] = []
    index = depth = 0
    while item := _ITEM.match(text, place, limit):
        place = item.end()
        kind = item.lastgroup
        if kind == "open":
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
                found.append(((span[0], span[1], QUOTED), columns[index]))
        elif kind == "other" and depth == 0:
            break
    return found
