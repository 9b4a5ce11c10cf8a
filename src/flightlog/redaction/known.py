"""
Known secrets, and every way in which they turn up: raw, or encoded for a URL, JSON, base64 or hex.

It owns how a secret is spelled, and whether a place that looks like a spelling is one. The
anchors find such places.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote, quote_plus, unquote_to_bytes

from flightlog.redaction import anchors
from flightlog.redaction.budget import STEP, Budget, remove_rest
from flightlog.redaction.jsontext import Strings
from flightlog.redaction.patterns import pattern
from flightlog.redaction.spans import Spans

_JAVASCRIPT_COMPONENT: Final = "!'()*~"
_JAVASCRIPT_URI: Final = ";,/?:@&=+$!*'()#~"
_TIMES_ESCAPED: Final = 2
_NEVER_ESCAPED: Final = pattern(rb"[^\x00-\x1f\"\\/\x7f-\xff&<>'+]+")
_NUMERIC: Final = pattern(rb"[0-9.eE+-]+")
_SHORTEST_CORE: Final = 3
_BEGINNING_BYTES: Final = 8
_SEEN_BYTES: Final = 3
"""No spelling, and no core, is shorter."""
_RUN_BYTES: Final = 1024
_EXACT: Final = frozenset({"exact", "base64"})


class Spelling(NamedTuple):
    """One way to write a secret."""

    secret: bytes
    """The secret itself, as UTF-8."""
    text: bytes
    """How it is written."""
    kind: str
    """`exact`; `percent` and `hex`, in which the digits' case is free; `base64`."""
    before: int = 0
    """How many base64 digits before `text` hold bits of the secret too."""
    after: int = 0
    """How many after it."""

    def stands_at(self, text: bytes, start: int, end: int) -> bool:
        """
        Whether this is what stands there, where it was found with case and digits folded.

        Args:
            text: The text, its escapes not undone.
            start: Where the spelling may start.
            end: Where it would end.

        Returns:
            Whether it stands there exactly.
        """
        found = text[start:end]
        if self.kind == "hex":
            return found.lower() == self.text
        if self.kind == "percent":
            return unquote_to_bytes(found) == unquote_to_bytes(self.text)
        return found == self.text


def spell(secret: str) -> list[Spelling]:
    """
    Write a secret in every way that is looked for.

    Args:
        secret: The secret.

    Returns:
        Its spellings, the exact ones first.
    """
    raw = secret.encode("utf-8", "surrogatepass")
    exact = {raw}
    for ascii_only in (False, True):
        once = secret
        for _ in range(_TIMES_ESCAPED):
            once = json.dumps(once, ensure_ascii=ascii_only)[1:-1]
            exact.update(
                written.encode("utf-8", "surrogatepass")
                for written in (once, once.replace("/", r"\/"))
            )
    # Errors quote texts as Python does, where it depends on the rest what is escaped.
    for shown in (repr, ascii):
        exact |= {shown(secret)[1:-1].encode(), shown(secret + '"')[1:-2].encode()}
    percent = {
        written.encode()
        for written in (
            quote(raw, safe=""),
            quote(raw, safe="/"),
            quote_plus(raw),
            quote(raw, safe=_JAVASCRIPT_COMPONENT),
            quote(raw, safe=_JAVASCRIPT_URI),
            quote_plus(raw, safe="*"),
            quote(quote(raw, safe=""), safe=""),
        )
    }
    found = [Spelling(raw, text, "exact") for text in sorted(exact)]
    found += [Spelling(raw, text, "percent") for text in sorted(percent - exact)]
    found.append(Spelling(raw, raw.hex().encode(), "hex"))
    found += _in_base64(raw)
    return found


def _in_base64(raw: bytes) -> Iterable[Spelling]:
    for offset in range(3):
        bits = 8 * (offset + len(raw))
        first, last = -(-8 * offset // 6), bits // 6
        digits = base64.b64encode(bytes(offset) + raw)[first:last]
        # A digit at either end may hold bits of the secret and of what stands beside it.
        ends = {"before": int(offset > 0), "after": int(bits % 6 > 0)}
        for text in {digits, digits.translate(bytes.maketrans(b"+/", b"-_"))}:
            yield Spelling(raw, text, "base64", **ends)


class Known:
    """
    Recognises known secrets.

    Args:
        secrets: The secrets.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        # The beginning of a spelling is enough to find it, and keeps the pattern small.
        by_beginning: dict[bytes, list[Spelling]] = {}
        cores = set()
        for secret in secrets:
            for spelling in spell(secret):
                by_beginning.setdefault(spelling.text[:_BEGINNING_BYTES].lower(), []).append(
                    spelling
                )
                # JSON may escape a spelling in more ways than can be listed; the longest part
                # that is never escaped
                # says where to undo its escapes.
                cores.add(_core(spelling.text)[:_BEGINNING_BYTES])
        self._spellings = by_beginning
        self._lengths = sorted({len(beginning) for beginning in by_beginning})
        self._longest = max(
            (len(spelling.text) for some in by_beginning.values() for spelling in some), default=0
        )
        self._cores = frozenset(cores - {b""})
        self._begun = frozenset(
            text[:_SEEN_BYTES].lower() for text in (*by_beginning, *self._cores)
        )
        self._search = anchors.searcher(self.pattern) if by_beginning else None

    def __bool__(self) -> bool:
        return bool(self._spellings)

    @property
    def pattern(self) -> bytes:
        """The pattern of how spellings begin; the empty text where there are none."""
        exact = set(self._cores)
        folded: set[bytes] = set()
        for spelling in (spelling for some in self._spellings.values() for spelling in some):
            (exact if spelling.kind in _EXACT else folded).add(spelling.text[:_BEGINNING_BYTES])
        parts = [
            *map(re.escape, sorted(exact)),
            *(b"(?i:" + re.escape(text) + b")" for text in sorted(folded)),
        ]
        return b"|".join(parts)

    def may_begin(self, first: bytes) -> bool:
        """
        Check whether a known secret may begin with these three bytes.

        Args:
            first: The bytes.

        Returns:
            Whether one may.
        """
        return first[:_SEEN_BYTES].lower() in self._begun

    def find(self, text: bytes, spans: Spans, budget: Budget, *, is_json: bool) -> bool:
        """
        Find known secrets.

        Args:
            text: The text.
            spans: Collects them.
            budget: What may be spent on the text.
            is_json: Whether the text is JSON, where the mark of a number needs quotes.

        Returns:
            Whether a secret may stand there whose escapes have to be undone.
        """
        if self._search is None:
            return False
        quotes = Strings(text) if is_json else None
        may_hide = False
        start, end = self._search(text, 0)
        while start >= 0:
            beginning = text[start : start + _BEGINNING_BYTES].lower()
            stands, place = False, start + 1
            for spelling in self._spelled(beginning):
                last = start + len(spelling.text)
                if spelling.stands_at(text, start, last):
                    stands = True
                    last = _end_of_run(text, last, spelling)
                    # A longer secret may begin within the run and end behind it.
                    place = max(place, last - self._longest)
                    self._add(text, start, last, spelling, spans, quotes)
            may_hide |= not stands and text[start:end] in self._cores
            budget.spent += 3 * STEP
            if budget.spent > start + budget.credit:
                place = remove_rest(text, max(start, place), spans, quotes)
            start, end = self._search(text, place)
        budget.settle(len(text))
        return may_hide

    def _spelled(self, beginning: bytes) -> Iterator[Spelling]:
        """List the spellings that may begin so, the short ones too."""
        for length in self._lengths:
            yield from self._spellings.get(beginning[:length], ())

    def _add(  # noqa: PLR0917 - what is known of the place
        self,
        text: bytes,
        start: int,
        end: int,
        spelling: Spelling,
        spans: Spans,
        quotes: Strings | None,
    ) -> None:
        first, last = max(0, start - spelling.before), min(end + spelling.after, len(text))
        if spelling.kind == "base64":
            last += len(text[last : last + 2]) - len(text[last : last + 2].lstrip(b"="))
        is_number = quotes is not None and not quotes.hold(first)
        if quotes is not None and is_number:
            if not _NUMERIC.fullmatch(spelling.text):
                # It is no text here but a part of the JSON, whose own texts are looked at.
                return
            first, last = quotes.number_around(first, last)
        elif quotes is not None and last > quotes.end(first):
            return
        spans.add(first, last, "known", quoted=is_number)


def _end_of_run(text: bytes, end: int, spelling: Spelling) -> int:
    """Find where repetitions of a secret end that overlap, as those of `aaaa` do."""
    period = _period(spelling.text)
    if period == len(spelling.text) or spelling.kind != "exact" or b'"' in spelling.text:
        return end
    unit = text[end - period : end] * max(1, _RUN_BYTES // period)
    while text.startswith(unit, end):
        end += len(unit)
    while text.startswith(unit[:period], end):
        end += period
    return end


@lru_cache(maxsize=1024)
def _period(text: bytes) -> int:
    """Find after how many bytes a text repeats itself to its end."""
    return (text + text).find(text, 1)


def _core(text: bytes) -> bytes:
    core = max(_NEVER_ESCAPED.findall(text), key=len, default=b"")
    return core if len(core) >= _SHORTEST_CORE else b""
