"""Columns in text: lines of values under a line of names, as in CSV, TSV, Markdown and psql."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from flightlog.redaction.names import Name, Names, Secrecy
from flightlog.redaction.reading import CELL, NEWLINE, Value

EXAMPLES: Final = (
    ("user,password\nbob,█\nann,█", "swordfish"),
    ('"user";"api_key"\r\n"bob";"█"\r\n', "a;b"),
    ("token\tage\nabc7\t7\n".replace("abc7", "█"), "abcdef"),
    ("| id | password |\n|--|:-:|\n| 1 | █ |", "abcdef"),
    (" user | password\n------+---------\n bob  | █\n(1 row)", "abcdef"),
    ("id,password\n1,\n2,null\n3,█", "abcdef"),
    ("missing: user, password, token\nsee below, please, thanks", ""),
    ("SELECT id, password\nFROM users, accounts\n", ""),
)
_LONGEST_HEAD: Final = 2048
_BEFORE: Final = re.compile(rb"(?P<delimiter>[,;|]|\t|\\{1,15}t)?[ ]{0,40}(?:\\{0,15}\")?\Z")
_AFTER: Final = re.compile(rb"(?:\\{0,15}\")?[ ]{0,40}(?P<delimiter>[,;|]|\t|\\{1,15}t)?")
_NEWLINE: Final = re.compile(NEWLINE)
_NAME: Final = re.compile(
    rb"[^\W\d][\w.#/$-]{0,40}(?: [\w.#/$-]{1,40}){0,3}(?: \([\w %]{1,20}\))?|"
)
_INTRODUCTION: Final = re.compile(rb"[^\r\n]{0,256}[:>](?: |\Z)")
_LISTED_IN_PROSE: Final = re.compile(rb"[,;] ")
_RULE: Final = re.compile(rb"[ ]{0,4}[|+:]?[ ]?:?-{1,200}[-+| :]*+")
_NUMBER: Final = re.compile(rb"[-+]?[0-9][0-9.,]*")


def read(
    text: bytes, start: int, end: int, limit: int, names: Names, *, is_json: bool
) -> tuple[list[tuple[Value, Name]], int]:
    """
    Find the secrets of the table in whose first line a name stands.

    Args:
        text: The text.
        start: Where the name starts.
        end: Where it ends.
        limit: Where the text, or the string around it, ends.
        names: Judges the names in that line.
        is_json: Whether the text is JSON.

    Returns:
        The values with their names, and where the part that was read ends.
    """
    ahead = min(limit, end + _LONGEST_HEAD)
    if text.find(b"\n", end, ahead) < 0 and text.find(b"\\n", end, ahead) < 0:
        return [], end
    last = _NEWLINE.search(text, end, ahead)
    first = _line_start(text, start, is_json=is_json)
    if last is None or first is None:
        return [], end
    before, after = _BEFORE.search(text, max(first, start - 64), start), _AFTER.match(text, end)
    delimiter = (after and after["delimiter"]) or (before and before["delimiter"])
    if not delimiter:
        return [], end
    line = _Line(delimiter, _slashes(text, first, last.start()))
    head, place = line.cells(text, first, limit)
    cells = [text[slice(*span)] for span in head]
    columns = _columns(cells, text[first : last.start()], delimiter, names)
    if not columns:
        return [], last.start()
    return _read_rows(text, place, limit, line, len(cells), columns)


def _columns(cells: list[bytes], line: bytes, delimiter: bytes, names: Names) -> dict[int, Name]:
    if _LISTED_IN_PROSE.search(line) and any(b" " in cell for cell in cells):
        return {}
    if not cells or (delimiter != b"|" and (line[:1] in (b" ", b"\t") or not cells[-1])):
        # Arguments of a call stand behind spaces, or before a comma.
        return {}
    introduction = _INTRODUCTION.match(cells[0])
    cells[0] = cells[0][introduction.end() if introduction else 0 :]
    if sum(map(bool, cells)) <= 1 or not all(map(_NAME.fullmatch, cells)):
        return {}
    return {
        number: name for number, cell in enumerate(cells) if (name := names.judged(cell)).secrecy
    }


def _line_start(text: bytes, start: int, *, is_json: bool) -> int | None:
    """Find where the line starts; None where it is too long for names."""
    first = max(0, start - _LONGEST_HEAD)
    before = text[first:start]
    newline = max(before.rfind(b"\n"), before.rfind(b"\\n") + 1 if b"\\n" in before else -1)
    found = max(newline, _string_start(before) if is_json else -1)
    if found < 0 and first > 0:
        return None
    return first + found + 1


def _string_start(before: bytes) -> int:
    """Find the quote of JSON that opens the string: no backslash stands before it."""
    at = before.rfind(b'"')
    while at > 0 and before[at - 1 : at] == b"\\":
        at = before.rfind(b'"', 0, at - 1)
    return at


def _slashes(text: bytes, first: int, last: int) -> int:
    quote = text.find(b'"', first, last)
    if quote < 0:
        return 0
    before = text[max(first, quote - 15) : quote]
    return len(before) - len(before.rstrip(b"\\"))


def _read_rows(  # noqa: PLR0917 - what is known of the table
    text: bytes, place: int, limit: int, line: _Line, width: int, columns: dict[int, Name]
) -> tuple[list[tuple[Value, Name]], int]:
    found: list[tuple[Value, Name]] = []
    while place < limit:
        rule = _RULE.match(text, place, limit)
        if rule is not None and (newline := _NEWLINE.match(text, rule.end(), limit)):
            place = newline.end()
            continue
        cells, end = line.cells(text, place, limit)
        if len(cells) != width and end < limit:
            break
        for number, span in enumerate(cells):
            name = columns.get(number)
            if name is None or (name.secrecy < Secrecy.WHOLE and _NUMBER.fullmatch(text, *span)):
                continue
            found.append(((*span, CELL), name))
        place = max(end, place + 1)
    return found, place


class _Line:
    """Cuts lines into cells."""

    def __init__(self, delimiter: bytes, slashes: int) -> None:
        self._pattern = _cell(delimiter, slashes)

    def cells(self, text: bytes, place: int, limit: int) -> tuple[list[tuple[int, int]], int]:
        """Find the cells of a line, without their quotes, and where the next line begins."""
        cells: list[tuple[int, int]] = []
        while True:
            cell = self._pattern.match(text, place, limit)
            if cell is None:
                return cells, limit
            cells.append(cell.span("quoted") if cell["quoted"] is not None else cell.span("bare"))
            place = cell.end()
            if cell["next"] is None:
                return cells, place


@cache
def _cell(delimiter: bytes, slashes: int) -> re.Pattern[bytes]:
    mark = rb"\\{%d}\"" % slashes if slashes else rb"\""
    cut = rb"\\{1,15}t|\t" if delimiter.endswith((b"t", b"\t")) else re.escape(delimiter)
    end = rb"[ ]*(?:(?P<next>" + cut + rb")|" + NEWLINE + rb"|\Z)"
    inner = rb"(?:[^\"\\]++|\\++(?![\"\\])|" + mark + mark + rb")*+"
    bare = (
        rb"(?:[^ \r\n\\"
        + (b"" if cut.startswith(b"\\\\{") else re.escape(delimiter))
        + rb"\t]++|[ ]++(?!"
        + cut
        + rb"|[\r\n]|\\{1,15}n|\Z)|\\{1,15}(?![nrt\"\\]))*+"
    )
    return re.compile(
        rb"[ ]*(?:"
        + mark
        + rb"(?P<quoted>"
        + inner
        + rb")"
        + mark
        + rb"(?="
        + end.replace(b"?P<next>", b"")
        + rb")|(?P<bare>"
        + bare
        + rb"))"
        + end
    )
