"""
From a place to spans: the recogniser of the place's syntax, and the judge.

A scan goes through a text once, and keeps numbers only: where the string of JSON around a place
ends, and what was read already.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cached_property, partial
from typing import Final, NamedTuple

from flightlog.redaction import reading, views
from flightlog.redaction.anchors import BEGINNING_BYTES, UNUSUAL, Beginning
from flightlog.redaction.budget import (
    LOOK,
    PART,
    REGULAR_BYTES,
    STEP,
    Budget,
    TooDenseError,
    regular_end,
    remove_rest,
    run_end,
)
from flightlog.redaction.bulk import Bulk
from flightlog.redaction.jsontext import Strings, string_end
from flightlog.redaction.judge import judge_value
from flightlog.redaction.names import LONGEST_NAME, Name, Names, Secrecy
from flightlog.redaction.patterns import pattern
from flightlog.redaction.reading import (
    BARE,
    INSIDE_NUMBER,
    LOOSE,
    NUMBER,
    QUOTED,
    SURE,
    VERB,
    WORD,
    Value,
    bare_end,
    name_around,
)
from flightlog.redaction.spans import Spans
from flightlog.redaction.syntax import (
    cards,
    commands,
    containers,
    encoded,
    headers,
    keys,
    prose,
    sql,
    tables,
    urls,
)
from flightlog.redaction.tokens import Covered, TokenRules
from flightlog.redaction.values import FOLLOWS, SOURCES, Values

_READS: Final = {
    "urls": (urls.BEGINS, urls.read),
    "pem": (keys.BEGINS, keys.read),
    "cards": (cards.BEGINS, cards.read),
    "network": (commands.NETWORK_BEGINS, commands.read_network),
    "headers": (headers.BEGINS, headers.read),
    "commands": (commands.BEGINS, commands.read),
    "jwk": (keys.JWK_BEGINS, keys.read_jwk),
}
"""Syntaxes that need no name: how they begin, and their recognisers."""
_PLACES: Final = {
    **{source: begins for source, (begins, _) in _READS.items()},
    "sql": sql.BEGINS,
    "encoded": encoded.BEGINS,
}
_OPTION: Final = rb"(?:[\s\"']|\\n)(?P<option>--?[A-Za-z][\w.-]*)"
_BEGINS: Final = re.compile(
    _OPTION
    + b"".join(b"|(?P<%b>%b)" % (source.encode(), begins) for source, begins in _PLACES.items())
)
_LONGEST_ANCHOR: Final = 1024
_LONG_ENCODED: Final = 1024
_LONG_STATEMENT: Final = 4096
_SHORTEST_TOKEN: Final = 16
_LONG_WORD: Final = re.compile(rb"\w{%d}" % _SHORTEST_TOKEN)
_LONG_REMOVED: Final = 1 << 16
_GAP: Final = 13
"""So few bytes between a name and its value aren't read: no secret is so short."""
_CELL: Final = pattern(rb"(?:\\{0,15}\")?[ ]{0,40}(?:[,;|\t\r\n]|\\{1,15}[nrt])")
_UNQUOTED: Final = frozenset({BARE, LOOSE, WORD, VERB, SURE})
_URL: Final = b"://"
_MEMBER: Final = pattern(rb"\": ?\"")
_BESIDE: Final = b'",'
_BESIDE_PRICE: Final = 3 * STEP
"""It is low, so that lists of names and values (28 bytes and more) are read to their end."""
_CONTAINER: Final = pattern(rb"(?&blank){0,64}[{\[]")
_NAME_SIGNS: Final = frozenset({b".", b"-", b"$"})
_CELL_QUOTES: Final = frozenset({b'"', b"\\"})
_CELL_ENDS: Final = _CELL_QUOTES | {b",", b";", b"|", b"\t", b"\r", b"\n"}
_JOINING: Final = pattern(rb"(?&joins)", joins=prose.JOINS)
_SURE: Final = Name(b"", Secrecy.WHOLE, b"")
_MOST_NAMES: Final = 4


class Tools(NamedTuple):
    """The parts that every scan of one redactor uses."""

    names: Names
    """Judges names."""
    tokens: TokenRules
    """Finds tokens by their form."""
    search: Callable[[bytes, int], tuple[int, int]]
    """Finds the next place at which a secret may stand."""
    beginning: Callable[[bytes], Beginning]
    """Says what may stand at a place, by its first bytes."""


class Scan:
    """One way through a text."""

    def __init__(
        self, text: bytes, spans: Spans, tools: Tools, budget: Budget, *, is_json: bool
    ) -> None:
        self._budget = budget
        self._text = text
        self._spans = spans
        self._tools = tools
        self._beginning = tools.beginning
        self._names = tools.names
        self._tokens = tools.tokens
        self._search = tools.search
        self._covered: Covered = {}
        self._judged_to = 0
        self._resume = self._depth = 0
        self._bulk: Bulk | None = None
        self.hides = False
        """Whether something that hides letters was met."""
        self.removed: list[tuple[int, int]] = []
        """Long parts that were removed unread."""
        self.sees_known = False
        """Whether a known secret may stand in the text."""
        self.skips = False
        """Whether a part of the text was passed at once, in which a known secret may stand."""
        self._is_json = is_json
        self._strings = Strings(text)
        self._decoded_to = 0
        self._stated_to = 0
        self._tabled = 0
        self._no_head_at = -1
        self._secret = (0, 0, "")
        self._judged = 0

    @cached_property
    def _values(self) -> Values:
        return Values(self._text, self._names, self._budget)

    def run(self, start: int, end: int) -> None:
        """
        Find the secrets of the text, at each place that the search finds.

        Regular parts without secrets are passed, and what is too dense to be read within the budget
        is removed.

        Args:
            start: Where the first place starts.
            end: Where it ends.
        """
        text, search, budget, spans = self._text, self._search, self._budget, self._spans
        credit = budget.credit
        check, count = REGULAR_BYTES, spans.count
        while start >= 0:
            if start >= check:
                if spans.count == count and (passed := regular_end(text, start)) > start:
                    self.skips = True
                    start, end = search(text, passed)
                    if start < 0:
                        break
                check, count = start + REGULAR_BYTES, spans.count
            # A name is short, so a long run of letters is passed at once: else hostile text takes
            # quadratic time.
            try:
                place = end - LONGEST_NAME if end - start > _LONGEST_ANCHOR else self._look(start)
                budget.spent += STEP
                if budget.spent > start + credit and budget.spent > budget.reached + credit:
                    place = self._remove_rest(max(start, place))
            except TooDenseError as dense:
                place = self._remove_rest(dense.place)
            if place > start + 1:
                self.skips = True
            if place <= start:
                place = run_end(text, start, LONGEST_NAME) if self.sees_known else start + 1
            start, end = search(text, place)
        budget.settle(len(text))

    def _look(self, start: int) -> int:
        """Look at a place; answers where to go on."""
        text = self._text
        begins = self._beginning(text[start : start + BEGINNING_BYTES])
        if begins.may_hide and not self.hides:
            self.hides = views.hides(text, start)
        if begins.is_known:
            self.sees_known = True
        if begins.is_name and start >= self._judged_to:
            return self._look_at_written_name(start, begins)
        if begins.is_token and (end := self._look_at_tokens(start)):
            return end
        if begins.is_name:
            return 0
        if begins.is_number:
            return self._look_at_number(start)
        self._resume = start
        self._look_at_place(start)
        return self._resume

    def _look_at_tokens(self, start: int) -> int:
        tokens, end, is_tried = self._tokens.look(self._text, start, self._covered)
        self._budget.spent += LOOK if is_tried else STEP
        for token in tokens:
            self._spans.add(token[0], token[1], "token:" + self._tokens.ids[token[2]])
        return end

    def _read_following(self, first: int, last: int) -> int:
        """Read the secrets behind the secret of a name; answers where to go on."""
        self._bulk = self._bulk or Bulk(
            self._text, self._spans, self._budget, self._search, self._names
        )
        end = self._bulk.read_after(first, last, *self._secret)
        self._resume = max(self._resume, end)
        return end

    def _look_within_name(self, start: int, last: int) -> None:
        """Find the tokens and card numbers in a name, which is passed with its value."""
        text = self._text
        place = self._search(text, start + 1)[0]
        while 0 <= place < last:
            begins = self._beginning(text[place : place + BEGINNING_BYTES])
            end = self._look_at_tokens(place) if begins.is_token else 0
            if begins.is_number:
                end = self._look_at_number(place)
            elif not begins.is_name:
                self._resume = place
                self._look_at_place(place)
                end = max(end, self._resume)
            self._budget.spent += STEP
            place = self._search(text, max(end, place + 1))[0]

    def _look_at_written_name(self, start: int, begins: Beginning) -> int:
        is_long = begins.is_token and _LONG_WORD.match(self._text, start) is not None
        if is_long and (end := self._look_at_tokens(start)):
            return end
        first, last = name_around(self._text, start)
        is_short = last - start < _SHORTEST_TOKEN
        if begins.is_token and not (is_short or is_long) and (end := self._look_at_tokens(start)):
            return end
        self._budget.spent += STEP
        self._resume = last
        if self._look_at_name(start, first, last):
            self._judged_to, end = last, self._resume
            if end > last:
                if not is_short:
                    self._look_within_name(start, last)
                return end
            # Behind a gap, what stands between the name and its value is looked at, too.
        if begins.is_token and is_short and (end := self._look_at_tokens(start)):
            return end
        if start >= self._judged_to and begins.is_place:
            self._look_at_place(start)
        self._judged_to = max(self._judged_to, min(last, start + LONGEST_NAME))
        return self._resume if self._resume > last else 0

    def _look_at_number(self, start: int) -> int:
        """Look at a number that may be a card's; answers where to go on."""
        self._budget.spent += STEP
        for first, last, how in cards.read(self._text, start, len(self._text)):
            # A number that is no card costs much less.
            self._budget.spent += LOOK
            quoted = how == NUMBER and self._is_json and not self._strings.hold(first)
            self._spans.add(first, last, "cards", quoted=quoted)
            return last
        return start

    def _look_at_place(self, start: int) -> int:
        begins = _BEGINS.match(self._text, start)
        kind = begins.lastgroup if begins else None
        self._budget.spent += LOOK if kind else STEP
        if begins is None or kind is None:
            return 0
        if kind == "option":
            start = begins.start(kind)
            return self._look_at_name(start, *name_around(self._text, start))
        limit = self._limit(begins.end() if kind == "cards" else start)
        if kind == "sql":
            return self._look_at_statement(start, limit)
        if kind == "encoded":
            return self._look_at_encoded(start, limit)
        end = 0
        for value in _READS[kind][1](self._text, start, limit):
            if kind == "commands" and self._is_json and not self._strings.hold(value[0]):
                # The string ends where the value would begin.
                continue
            end = max(end, self._judge(value, _SURE, kind))
        if kind == "urls" and end:
            end = self._read_following(start + len(_URL), self._secret[0] - 1)
        return end

    def _look_at_statement(self, start: int, limit: int) -> int:
        if start >= self._stated_to:
            judge = partial(self._judge, source="sql")
            end = sql.read(self._text, start, limit, self._names, judge, self._budget)
            if end - start > _LONG_STATEMENT:
                # No other statement begins within it: else hostile text takes quadratic time.
                self._stated_to = end
        return 0

    def _look_at_encoded(self, start: int, limit: int) -> int:
        if start < self._decoded_to:
            return 0
        data = encoded.read(self._text, start, limit)
        if data is None:
            return 0
        if self._holds_secret(data.data, start):
            self._spans.add(data.start, data.end, "encoded")
            self._resume = data.end
        if data.end - start > _LONG_ENCODED:
            # Nothing else begins within it: else hostile text takes quadratic time.
            self._decoded_to = data.end
        return data.end

    def _holds_secret(self, data: bytes, place: int) -> bool:
        """Check whether decoded data holds a secret."""
        outer, spans = self._budget, Spans()
        budget = Budget(max(0, outer.credit + max(place, outer.reached) - outer.spent))
        before = budget.credit + len(data)
        Scan(data, spans, self._tools, budget, is_json=False).run(*self._search(data, 0))
        outer.spent += before - budget.credit
        return bool(spans)

    def _remove_rest(self, place: int) -> int:
        """Remove what follows a place, because the text is too dense; answers where to go on."""
        end = remove_rest(self._text, place, self._spans, self._strings if self._is_json else None)
        if end - place > _LONG_REMOVED:
            self.removed.append((place, end))
        return end

    def _look_at_name(self, start: int, first: int, last: int) -> int:
        """Look at a name; answers where to go on, 0 if no secret of that name was found."""
        text = self._text
        written = text[first:last]
        if written[:1] in _NAME_SIGNS or written[-1:] in _NAME_SIGNS:
            first = last - len(written.lstrip(b".-$"))
            written = text[first:last].rstrip(b".-$")
        name = self._names.judge(written)
        if (name.secrecy or text[start] in UNUSUAL) and (
            text[last : last + 1] == b" " or text[first - 1 : first] == b" "
        ):
            name = self._values.judge_whole(first, last, name)
        end = self._look_at_value(start, first, last, name) if name.secrecy else 0
        if end and end == self._secret[1] == self._resume:
            end = self._read_following(first, last)
        return end or (
            self._joined(first, start, last) if b"-" in written and b"-" in text[start:last] else 0
        )

    def _look_at_value(self, start: int, first: int, last: int, name: Name) -> int:
        """Look at the value of a name; answers where to go on, 0 if nothing was found."""
        text = self._text
        if self._is_json and (member := _MEMBER.match(text, last)):
            # Most secrets are written so.
            place = member.end()
            value = (place, string_end(text, place, len(text)), QUOTED)
            return self._judge(value, name, "assignment")
        limit = self._strings.end(start) if self._is_json else len(text)
        outer = len(text) if self._is_json and last == limit else limit
        if text[last : last + 2] == _BESIDE:
            # Most names without a sign stand in lists, and their values beside them.
            kind = "beside"
            self._budget.spent += _BESIDE_PRICE
            values = self._values.read_beside(first, last, kind, outer, name)
        else:
            self._budget.spent += LOOK
            follows = FOLLOWS.match(text, last)
            if follows is None or not (kind := follows.lastgroup or ""):
                return self._in_columns(first, last, limit)
            if (
                kind == "space"
                and follows.end() < self._values.read_to
                and _CONTAINER.match(text, follows.end())
            ):
                return last
            values = self._values.read(first, last, follows, kind, outer, name)
        end = 0
        for value in values:
            judged_end = self._judge(value, name, SOURCES.get(kind, "assignment"))
            end = max(end, judged_end)
        if type(values) is containers.Values:
            self._budget.spent += PART * values.parts
            # The inside was read to its end; its names still get a look of their own.
            self._values.read_to = max(self._values.read_to, values[-1][1])
            self._resume = last
            return last
        return end or self._in_columns(first, last, limit)

    def _in_columns(self, first: int, last: int, limit: int) -> int:
        """
        Read a table in whose first line the name stands.

        Answers where it ends, 0 if there is none.
        """
        after = self._text[last : last + 1]
        if first < self._tabled or not (after in _CELL_ENDS or _CELL.match(self._text, last)):
            return 0
        self._judged = 0
        text, names = self._text, self._names
        judge = partial(self._judge, source="table")
        end = tables.read(
            *(text, first, last, limit, names, judge, self._remove_cells, self._budget),
            is_json=self._is_json,
        )
        if not self._judged and after in _CELL_QUOTES:
            end = self._in_listed_columns(first)
        self._tabled = max(self._tabled, end)
        return end if self._judged else 0

    def _remove_cells(self, place: int, before: list[int], sizes: list[int]) -> None:
        """Remove many cells of a table; see `tables.read`."""
        self._spans.add_many(place, before, sizes, "table")
        self._budget.spent += STEP * len(sizes)
        self._judged += len(sizes)
        for gap, size in zip(before, sizes, strict=True):
            if place + gap - self._resume > _GAP:
                break
            place += gap + size
            self._resume = max(self._resume, place)

    def _in_listed_columns(self, first: int) -> int:
        """Read the rows whose columns a list of JSON names; answers where they end."""
        opened = self._text.rfind(b"[", max(0, first - tables.HEAD_BYTES), first)
        if opened < 0 or opened == self._no_head_at:
            return first
        judge = partial(self._judge, source="columns")
        end = tables.read_listed(self._text, opened, self._names, judge, self._budget)
        if end == opened:
            # Else each name in the list reads the list again.
            self._no_head_at = opened
        return max(first, end)

    def _joined(self, first: int, start: int, last: int) -> int:
        """
        Read a value that a dash joins to its name.

        `providerKEY-1f9…`; answers where it ends, 0 if there is none.
        """
        dash = _JOINING.search(self._text, start, last + 1)
        name = self._names.judge(self._text[first : dash.end()].strip(b".-_$")) if dash else None
        if dash is None or name is None or not name.secrecy:
            return 0
        values = prose.read_joined(self._text, dash.end(), self._limit(start))
        return max((self._judge(value, name, "joined") for value in values), default=0)

    def _judge(self, value: Value, name: Name, source: str) -> int:
        budget = self._budget
        budget.spent += STEP
        budget.reached = max(budget.reached, value[0])
        if budget.spent > budget.reached + budget.credit:
            raise TooDenseError(value[0])
        span = judge_value(self._text, value, name)
        if span is None:
            return 0
        end = span[1]
        if value[2] in _UNQUOTED:
            if behind := self._look_behind_named_value(*span):
                return behind
            if value[1] - value[0] == reading.JUDGED:
                # Only what is secret is read to its end, so that hostile text takes linear time.
                end = bare_end(self._text, end, self._limit(end))
        needs_quotes = (
            value[2] in {NUMBER, INSIDE_NUMBER}
            and self._is_json
            and not self._strings.hold(value[0])
        )
        self._spans.add(span[0], end, source, quoted=needs_quotes)
        self._secret = span[0], end, source
        self._judged += 1
        if span[0] - self._resume <= _GAP:
            self._resume = max(self._resume, end)
        return end

    def _look_behind_named_value(self, start: int, end: int) -> int:
        """Look for a secret behind a value that is a name; answers where to go on, else 0."""
        if self._depth >= _MOST_NAMES or not (named := self._values.name_within(start, end)):
            return 0
        self._depth += 1
        found_end = self._look_at_value(named[0], *named)
        self._depth -= 1
        # One word may be a password all the same: then both are removed.
        return found_end if b"_" in named[2].text or b"-" in named[2].text else 0

    def _limit(self, place: int) -> int:
        return self._strings.end(place) if self._is_json else len(self._text)
