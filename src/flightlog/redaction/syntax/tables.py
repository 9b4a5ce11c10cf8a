"""
Columns: in text, lines of values under a line of names, as in CSV, TSV, Markdown and psql.

In JSON, `[["user", "password"], ["bob", "x"]]`, and `{"columns": ["user", "password"], "data":
[["bob", "x"]]}`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from itertools import chain
from operator import add
from typing import Final, NamedTuple, TypeAlias

from flightlog.redaction.budget import PART, Budget
from flightlog.redaction.bulk import PLAIN_BEGINNING, count_sure
from flightlog.redaction.names import Name, Names, Secrecy
from flightlog.redaction.patterns import NEWLINE, pattern
from flightlog.redaction.reading import CELL, NUMBER, Judge

Span: TypeAlias = tuple[int, int]
JudgeMany: TypeAlias = Callable[[int, list[int], list[int]], None]
"""
Removes the cells of many lines: from a place on, it takes how many bytes stand before each cell,
and how many the cell has.
"""

_LINE_BEGINS: Final = rb"(?:\A|(?<=\n)|(?<=\\n))"
_LONGEST_HEAD: Final = 2048
_BEFORE: Final = pattern(rb"(?P<delimiter>[,;|]|\t|\\{1,15}t)?[ ]{0,40}(?:\\{0,15}\")?\Z")
_AFTER: Final = pattern(rb"(?:\\{0,15}\")?[ ]{0,40}(?P<delimiter>[,;|]|\t|\\{1,15}t)?")
_DRAWN: Final = pattern(rb"\||[^\r\n|]{0,200} \| ")
_NEWLINE: Final = pattern(rb"(?&newline)")
_NAME: Final = pattern(rb"[^\W\d][\w.#/$-]{0,40}(?: [\w.#/$-]{1,40}){0,3}(?: \([\w %]{1,20}\))?|")
_INTRODUCTION: Final = pattern(rb"[^\r\n]{0,256}[:>](?: |\Z)")
_LISTED_IN_PROSE: Final = pattern(rb"[,;] ")
_RULE: Final = pattern(rb"[ ]{0,4}[|+:]?[ ]?:?-{1,200}[-+| :]*+")
_MOST_CELLS_AT_ONCE: Final = 12
_LEAST_WINDOW: Final = 1 << 10
_LARGEST_WINDOW: Final = 1 << 15
_WORTHWHILE: Final = 256
"""So many bytes of plain lines are worth a window that is read."""
_LEAST_WAIT: Final = 16
_LONGEST_WAIT: Final = 1 << 12
_TYPES: Final = frozenset(
    b"string str text varchar char int integer bigint float bool boolean bytes bytea uuid".split()
)
_COUNTS: Final = frozenset(b"count freq frequency score probability logprob rank weight".split())
_RULE_BEGINS: Final = frozenset(b" |+:-")
_NUMBER: Final = pattern(rb"[-+]?[0-9][0-9.,]*")
HEAD_BYTES: Final = 2048
"""The longest list of names of columns in JSON."""
_PAIR: Final = 2
_LISTED_TEXT: Final = rb"\\{0,15}\"[^\"\\]{1,64}\\{0,15}\""
_LISTED: Final = (
    rb"(?&string)|\{(?&blank){0,4}\\{0,15}\"name\\{0,15}\"(?&blank){0,4}:(?&blank){0,4}(?&string)"
    rb"(?:,[^{}\[\]]{0,80})?\}"
)
_SPACE: Final = rb"(?&blank){0,32}"
_LISTED_HEAD: Final = pattern(
    rb"\[(?&space)(?:(?&cell))(?:(?&space),(?&space)(?:(?&cell))){1,255}(?&space)\]",
    space=_SPACE,
    cell=_LISTED,
    string=_LISTED_TEXT,
)
_LISTED_NAMES: Final = pattern(
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


def read(  # noqa: PLR0917 - what is known of the name
    text: bytes,
    start: int,
    end: int,
    limit: int,
    names: Names,
    judge: Judge,
    judge_many: JudgeMany,
    budget: Budget,
    *,
    is_json: bool,
) -> int:
    """
    Judge the values of the table in whose first line a name stands.

    Args:
        text: The text, its escapes not undone.
        start: Where the name starts.
        end: Where the name ends.
        limit: Where the text, or the string of JSON around the place, ends.
        names: Judges the names of further columns.
        judge: Judges a value.
        judge_many: Removes the cells of many lines.
        budget: What may be spent on the text.
        is_json: Whether the text is JSON.

    Returns:
        Where the part that was read ends.
    """
    ahead = min(limit, end + _LONGEST_HEAD)
    if text.find(b"\n", end, ahead) < 0 and text.find(b"\\n", end, ahead) < 0:
        return end
    last = _NEWLINE.search(text, end, ahead)
    first = _line_start(text, start, is_json=is_json)
    if last is None or first is None:
        return end
    before, after = _BEFORE.search(text, max(first, start - 64), start), _AFTER.match(text, end)
    delimiter = (after and after["delimiter"]) or (before and before["delimiter"])
    if not delimiter:
        return end
    line = _Line(delimiter, _slashes(text, first, last.start()))
    head, place = line.cells(text, first, limit)
    cells = [text[slice(*span)] for span in head]
    is_drawn = delimiter == b"|" and _DRAWN.match(text, first, last.start())
    if is_drawn and not _after_rule(text, place, limit):
        # Else any row of a Markdown table would be taken for its head.
        return last.start()
    columns = _columns(cells, text[first : last.start()], delimiter, names)
    if not columns:
        return last.start()
    return _read_rows(text, place, limit, line, len(head), columns, judge, judge_many, budget)


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
    lowered = {cell.lower() for cell in cells}
    if not lowered.isdisjoint(_TYPES):
        # The row describes the column of a schema, or an option.
        return {}
    counted = not lowered.isdisjoint(_COUNTS)
    return {
        number: name
        for number, cell in enumerate(cells)
        if (name := names.judge(cell)).secrecy and not (counted and name.lower == b"token")
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
    text: bytes,
    place: int,
    limit: int,
    line: _Line,
    width: int,
    columns: dict[int, Name],
    judge: Judge,
    judge_many: JudgeMany,
    budget: Budget,
) -> int:
    plain = line.plain_rows(width, columns)
    at_once = _PlainRows(text, limit, plain, columns, judge_many, budget) if plain else None
    while (place := at_once.read(place) if at_once else place) < limit:
        budget.pay(PART, place)
        if text[place] in _RULE_BEGINS and (rule_end := _after_rule(text, place, limit)):
            place = rule_end
            continue
        cells, end = line.cells(text, place, limit)
        if len(cells) != width and end < limit:
            break
        for at, name in columns.items():
            if at < len(cells):
                _judge_cell(text, *cells[at], name, judge)
        place = max(end, place + 1)
    return place


def _judge_cell(text: bytes, first: int, last: int, name: Name, judge: Judge) -> None:
    if name.secrecy >= Secrecy.WHOLE or not _NUMBER.fullmatch(text, first, last):
        judge((first, last, CELL), name)


class _PlainRows:
    """Reads lines whose secret cells are plain, many at once."""

    def __init__(  # noqa: PLR0917 - what is known of the table
        self,
        text: bytes,
        limit: int,
        row: re.Pattern[bytes],
        columns: dict[int, Name],
        judge_many: JudgeMany,
        budget: Budget,
    ) -> None:
        self._text, self._limit = text, limit
        self._row, self._stride = row, row.groups + 1
        self._names = frozenset(name.lower for name in columns.values())
        self._judge_many, self._budget = judge_many, budget
        self._wait = self._next_wait = 0
        self._window = _LEAST_WINDOW

    def read(self, place: int) -> int:
        """Read from a line on; answers where the last line ends that was read."""
        if self._wait:
            self._wait -= 1
            return place
        start, is_plain = place, True
        while is_plain and place < self._limit:
            size, is_plain = self._read_part(place)
            place += size
            # The rest of a window behind a line that isn't plain is read again.
            self._window = min(2 * self._window if is_plain else 2 * size, _LARGEST_WINDOW)
            self._window = max(self._window, _LEAST_WINDOW)
        # Where most lines have to be read closely, this costs little.
        is_worthwhile = place - start >= _WORTHWHILE or place >= self._limit
        self._next_wait = (
            0 if is_worthwhile else min(2 * self._next_wait + _LEAST_WAIT, _LONGEST_WAIT)
        )
        self._wait = self._next_wait
        return place

    def _read_part(self, place: int) -> tuple[int, bool]:
        """Answers how many bytes were read, and whether all lines in them are plain."""
        stride = self._stride
        part = self._text[place : min(self._limit, place + self._window)]
        pieces = self._row.split(part)
        if len(pieces) < stride or b"logprob" in part:
            return 0, False
        # Nothing stands between lines.
        gaps = pieces[:-1:stride]
        lines = gaps.index(next(filter(None, gaps))) if any(gaps) else len(gaps)
        secrets = [pieces[at : lines * stride : stride] for at in range(2, stride, 2)]
        lines = min(count_sure(cells, self._names) for cells in secrets)
        if not lines:
            return 0, False
        lengths = list(map(len, pieces[: lines * stride]))
        size = sum(lengths)
        others = [lengths[at::stride] for at in range(1, stride, 2)]
        # The end of a line stands before the first cell of the next one.
        ends = others.pop()
        others[0][1:] = map(add, others[0][1:], ends)
        sizes = [lengths[at::stride] for at in range(2, stride, 2)]
        self._judge_many(place, _joined(others), _joined(sizes))
        self._budget.pay(PART * lines, place + size)
        return size, lines == len(gaps)


def _joined(columns: list[list[int]]) -> list[int]:
    return list(chain.from_iterable(zip(*columns, strict=True)))


def _after_rule(text: bytes, place: int, limit: int) -> int:
    """Find where the line behind a rule begins; 0 where no rule stands."""
    rule = _RULE.match(text, place, limit)
    newline = _NEWLINE.match(text, rule.end(), limit) if rule else None
    return newline.end() if newline else 0


class _Line:
    """Cuts lines into cells."""

    def __init__(self, delimiter: bytes, slashes: int) -> None:
        is_tab = delimiter.endswith((b"t", b"\t"))
        self._written = _Written(b"\t" if is_tab else delimiter, slashes)
        self._pattern = _cell(self._written)

    def plain_rows(self, width: int, columns: dict[int, Name]) -> re.Pattern[bytes] | None:
        """Return the pattern of a line of plain cells; None if cells have to be read closely."""
        is_sure = all(
            name.secrecy == Secrecy.WHOLE and b"auth" not in name.lower for name in columns.values()
        )
        return (
            _plain_row(self._written, width, tuple(columns))
            if is_sure and width <= _MOST_CELLS_AT_ONCE
            else None
        )

    def cells(self, text: bytes, place: int, limit: int) -> tuple[list[Span], int]:
        """Find the cells of a line, without their quotes, and where the next line begins."""
        cells: list[Span] = []
        while True:
            cell = self._pattern.match(text, place, limit)
            if cell is None:
                return cells, limit
            cells.append(cell.span("quoted") if cell["quoted"] is not None else cell.span("bare"))
            place = cell.end()
            if cell["next"] is None:
                return cells, place


class _Written(NamedTuple):
    """How a table is written."""

    delimiter: bytes
    slashes: int
    """The number of backslashes before its quotes."""

    @property
    def cut(self) -> bytes:
        """The pattern of the delimiter."""
        return rb"\\{1,15}t|\t" if self.delimiter == b"\t" else re.escape(self.delimiter)

    def cell(self, quoted: bytes, bare: bytes) -> bytes:
        """
        Write the pattern of a cell, without what ends it.

        Args:
            quoted: The name of the group of its text in quotes.
            bare: The name of the group of its text without quotes.
        """
        mark = rb"\\{%d}\"" % self.slashes if self.slashes else rb"\""
        cut, delimiter = self.cut, re.escape(self.delimiter)
        inner = rb"(?:[^\"\\]++|\\++(?![\"\\])|" + mark + mark + rb")*+"
        letters = (
            rb"(?:[^ \r\n\\\t"
            + delimiter
            + rb"]++|[ ]++(?!"
            + cut
            + rb"|[\r\n]|\\{1,15}n|\Z)|\\{1,15}(?![nrt\"\\]))*+"
        )
        return rb"[ ]*(?:%b(?P<%b>%b)%b(?=[ ]*(?:%b|%b|\Z))|(?P<%b>%b))[ ]*" % (
            *(mark, quoted, inner, mark, cut, NEWLINE, bare, letters),
        )


@cache
def _cell(written: _Written) -> re.Pattern[bytes]:
    end = rb"(?:(?P<next>" + written.cut + rb")|" + NEWLINE + rb"|\Z)"
    return re.compile(written.cell(b"quoted", b"bare") + end)


@cache
def _plain_row(written: _Written, width: int, columns: tuple[int, ...]) -> re.Pattern[bytes]:
    """Make the pattern of a whole line, with groups of what is secret and what stands around it."""
    delimiter = re.escape(written.delimiter)
    secret = (
        rb")(" + PLAIN_BEGINNING + rb"(?=[^" + delimiter + rb"\"])(?:[^ \r\n\\\t\"" + delimiter
        + rb"]++|[ ]++(?!" + written.cut + rb"|[\r\n]|\\))*+(?<![.,:;]))([ ]*+"
    )  # fmt: skip
    cells = [
        rb"[ ]*" + secret
        if at in columns
        else rb"(?>" + re.sub(rb"\(\?P<\w+>", rb"(?:", written.cell(b"q", b"c")) + rb")"
        for at in range(width)
    ]
    line = (rb"(?:" + written.cut + rb")").join(cells)
    # A search that began within a long line, too, would read the rest of the line for each place.
    return re.compile(rb"(" + _LINE_BEGINS + rb"(?![ |+:-])" + line + NEWLINE + rb")")


def read_listed(text: bytes, first: int, names: Names, judge: Judge, budget: Budget) -> int:
    """
    Judge the values in the rows whose columns a list names, which begins at `first`.

    Args:
        text: The text.
        first: Where the list starts.
        names: Judges the names of further columns.
        judge: Judges a value.
        budget: What may be spent on the text.

    Returns:
        Where the rows end; `first` where there are none.
    """
    head = _LISTED_HEAD.match(text, first, first + HEAD_BYTES)
    rows = _ROWS.match(text, head.end()) if head else None
    if head is None or rows is None:
        return first
    columns = {
        number: name
        for number, cell in enumerate(_LISTED_NAMES.finditer(text, first, head.end()))
        if (name := names.judge(cell[1])).secrecy
    }
    width = sum(1 for _ in _LISTED_NAMES.finditer(text, first, head.end()))
    is_pair = (
        width == _PAIR
        and 0 in columns
        and text[rows.start() : rows.end()].lstrip(b" \r\n\t").startswith(b",")
    )
    return head.end() if is_pair else _read_listed_rows(text, rows.end(), columns, judge, budget)


def _read_listed_rows(
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
