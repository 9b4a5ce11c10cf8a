r"""
Secrets in columns: lines of values under a line of names, as in CSV, TSV and Markdown.

A text is taken for a table when a name that holds secrets is a whole cell of a line of names. It
ends with the first line that has another number of cells; where it was cut, with the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from flightlog.redaction import values
from flightlog.redaction.keys import Name, Names
from flightlog.redaction.values import Span
from flightlog.redaction.vocabulary import Secrecy

_LONGEST_HEAD: Final = 2048
_SPACES: Final = b" \t"
_BEFORE: Final = re.compile(rb"(?P<delimiter>[,;|\t])?[ ]{0,8}\"?\Z")
_AFTER: Final = re.compile(rb"\"?[ ]{0,8}(?P<delimiter>[,;|\t])?")
_NAME: Final = re.compile(
    rb"[^\W\d][\w.#/$-]{0,40}(?: [\w.#/$-]{1,40}){0,3}(?: \([\w %]{1,20}\))?|"
)
_INTRODUCTION: Final = re.compile(rb"[^\r\n]{0,256}[:>](?: |\Z)")
_LISTED_IN_PROSE: Final = re.compile(rb"[,;] ")
_RULE: Final = re.compile(rb":?-+:?")
_NUMBER: Final = re.compile(rb"[-+]?[0-9][0-9.,]*")
_MAY_FOLLOW: Final = re.compile(
    rb"(?:\\{1,15}\")?[ ]{0,8}(?:(?P<delimiter>[,;|]|\\{1,15}t)|\\{1,15}[rn])"
)
_MAY_PRECEDE: Final = re.compile(rb"(?:[,;|]|\\t)[ ]{0,8}(?:\\{1,15}\")?\Z")
_PRECEDING_BYTES: Final = 32


class Table(NamedTuple):
    """What was found of a table."""

    secrets: list[Span]
    """Where each secret in it starts and ends."""
    end: int
    """Where what was looked at ends."""


def may_be_head(json: bytes, start: int, end: int) -> bool:
    r"""
    Whether a name may be a cell of a table's first line, in JSON whose escapes aren't undone.

    Args:
        json: The text.
        start: Where the name starts.
        end: Where it ends.
    """
    following = _MAY_FOLLOW.match(json, end)
    if following is None or json.find(rb"\n", end, end + _LONGEST_HEAD) < 0:
        return False
    if following["delimiter"]:
        return True
    # The letter of an escape before it isn't part of the name: `\\tpassword`.
    start += json[start - 1 : start] == b"\\"
    return _MAY_PRECEDE.search(json[max(0, start - _PRECEDING_BYTES) : start]) is not None


def table_at(text: bytes, start: int, end: int, names: Names) -> Table:
    """
    Find the secrets of the table in whose first line a name stands.

    Args:
        text: With its escapes undone.
        start: Where the name starts.
        end: Where it ends.
        names: Judges the names in that line.

    Returns:
        The table; where there is none, what was looked at, without secrets.
    """
    last = text.find(b"\n", end, end + _LONGEST_HEAD)
    first = text.rfind(b"\n", max(0, start - _LONGEST_HEAD), start) + 1
    if last < 0 or (first == 0 and start > _LONGEST_HEAD):
        return Table([], end)
    before, after = _BEFORE.search(text, first, start), _AFTER.match(text, end)
    assert before is not None
    assert after is not None
    delimiter = after["delimiter"] or before["delimiter"]
    if delimiter is None:
        return Table([], end)
    line = _line(delimiter)
    head, place = line.cells(text, first)
    cells = [text[slice(*span)] for span in head]
    if _is_prose(cells, text[first:last]) or (delimiter != b"|" and _is_code(cells, text[first])):
        return Table([], last)
    introduction = _INTRODUCTION.match(cells[0])
    cells[0] = cells[0][introduction.end() if introduction else 0 :]
    if sum(map(bool, cells)) <= 1 or not all(map(_NAME.fullmatch, cells)):
        return Table([], last)
    columns = {
        number: name
        for number, cell in enumerate(cells)
        if (name := names.judged(cell)).secrecy is not Secrecy.PLAIN
    }
    return Table(*_secrets(text, place, line, len(cells), columns))


def _is_prose(cells: list[bytes], line: bytes) -> bool:
    return _LISTED_IN_PROSE.search(line) is not None and any(b" " in cell for cell in cells)


def _is_code(cells: list[bytes], begins: int) -> bool:
    # Arguments stand behind spaces, or before a comma.
    return begins in _SPACES or not cells[-1]


def _secrets(
    text: bytes, place: int, line: _Line, width: int, columns: dict[int, Name]
) -> tuple[list[Span], int]:
    found: list[Span] = []
    while place < len(text):
        cells, end = line.cells(text, place)
        if len(cells) != width and end < len(text):
            break
        found += _in_row(text, cells, columns)
        place = end
    return found, place


def _in_row(text: bytes, cells: list[Span], columns: dict[int, Name]) -> Iterator[Span]:
    for number, span in enumerate(cells):
        name = columns.get(number)
        if name is None or _RULE.fullmatch(text, *span):
            continue
        if name.secrecy < Secrecy.WHOLE and _NUMBER.fullmatch(text, *span):
            continue
        secret = values.unless_harmless(text, *span, name)
        if secret is not None:
            yield secret


class _Line:
    """Cuts lines into cells."""

    def __init__(self, delimiter: bytes) -> None:
        end = rb"[ ]*(?:(?P<next>" + re.escape(delimiter) + rb")|\r?\n|\Z)"
        self._quoted = re.compile(rb"[ ]*\"(?P<cell>(?:[^\"]|\"\")*+)\"" + end)
        self._bare = re.compile(
            rb"[ ]*(?P<cell>(?:[^ \r\n"
            + re.escape(delimiter)
            + rb"]++|[ ]++(?![\r\n"
            + re.escape(delimiter)
            + rb"]|\Z))*+)"
            + end
        )

    def cells(self, text: bytes, place: int) -> tuple[list[Span], int]:
        """The cells of a line, without their quotes, and where the next line begins."""
        cells: list[Span] = []
        while True:
            cell = self._quoted.match(text, place) or self._bare.match(text, place)
            if cell is None:
                # A lone carriage return, which ends no line.
                return cells, len(text)
            cells.append(cell.span("cell"))
            place = cell.end()
            if cell["next"] is None:
                return cells, place


@cache
def _line(delimiter: bytes) -> _Line:
    return _Line(delimiter)
